"""Sentences about sites and countries, near and far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker.model.event import Event
from tracker.render.words.basics import status
from tracker.render.words.english import S
from tracker.render.words.texts import listed, quote


def _sites(event: Event) -> str:
    details = event.details
    counts = details.get("counts") or {}
    parts = [S[f"count_{name}"].format(count=count) for name, count in counts.items() if count and name != "status"]
    for name, count in (details.get("status_to") or {}).items():
        parts.append(S["count_status"].format(count=count, status=status(name).lower() if name else S["none"]))
    told = []
    if opened := details.get("countries_opened"):
        told.append(S["country_opened" if details.get("sites_before") else "country_first"].format(countries=listed(opened)))
    if closed := details.get("countries_closed"):
        told.append(S["country_closed"].format(countries=listed(closed)))
    if parts:
        text = S["sites"].format(parts=", ".join(parts))
        moved = counts.get("added") or counts.get("removed")
        told.append(S["sites_now"].format(text=text, count=details.get("sites_now")) if moved else text)
    return "; ".join(told) or S["fields_changed"].format(fields="Sites")


def place(entry: dict[str, Any]) -> str:
    """A nearby site: its name, city and distance."""
    facility, city = quote(entry.get("facility"), 60) or S["unnamed"], quote(entry.get("city"), 40)
    if entry.get("km") is not None and entry["km"] < 1:
        return S["place_here"].format(facility=facility, city=city)
    if entry.get("km") is None:
        return S["place_undistanced"].format(facility=facility, city=city)
    return S["place"].format(facility=facility, city=city, km=round(entry["km"]))


def _nearby(event: Event) -> str:
    entries = event.details.get("near") or []
    unsure = all(entry.get("km") is None for entry in entries)
    key = "near_closed" if event.kind == "nearby_site_closed" else "near_elsewhere" if event.effects else "near_opened"
    places = list(dict.fromkeys(place(entry) for entry in entries))
    text = S[key].format(place=places[0] if places else S["unnamed_place"])
    if unsure:
        text = S["near_unsure"].format(text=text)
    return S["near_more"].format(text=text, count=len(places) - 1) if len(places) > 1 else text


PLACES: dict[str, Callable[[Event], str]] = {
    "sites_changed": _sites,
    "nearby_site_opened": _nearby,
    "nearby_site_closed": _nearby,
}

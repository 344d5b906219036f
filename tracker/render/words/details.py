"""The lines under a headline: what was said before and after, quoted and shortened around the difference."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from tracker.model.event import Change, Event
from tracker.render.words.basics import days, enumerated, field_word, first_capital, status
from tracker.render.words.calendar import CALENDAR_LINES
from tracker.render.words.content import FEW, country_news, document_names, outcome_counts
from tracker.render.words.english import BOOLEAN, FIELD, HEADING, NOTICE, REST_FIELD, STEP_TYPE, S
from tracker.render.words.places import place
from tracker.render.words.texts import difference, listed, quote

LIMIT = 12
_SILENT = frozenset(
    {
        "contacts_changed",
        "enrollment_changed",
        "results_amended",
        "results_delay_certified",
        "phases_changed",
        "milestone_passed",
        "verification_lapsed",
    }
)
"""Kinds whose headline says it all, or must not say more."""

_LONG = 240
_ENUMERATED = frozenset(
    {
        "type",
        "class",
        "role",
        "plan",
        "info_types",
        "who_masked",
        "phases",
        "sampling_method",
        "std_ages",
        "study_type",
        "allocation",
        "intervention_model",
        "primary_purpose",
        "masking",
        "observational_model",
        "time_perspective",
        "results_state",
    }
)
"""Steps of a path whose values are words of an enumeration."""

_TYPE_BEFORE = re.compile(r"^[A-Z_]+ \| ")
_ENUMERATION = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_STEP = r"[A-Za-z0-9_]+(?:\[\])?"
_FIELD_NAME = re.compile(rf"[a-z][a-z0-9]*(?:_[a-z0-9]+)+\Z|(?:{_STEP}\.)+{_STEP}\Z|[a-z]+(?:[A-Z][a-z0-9]*)+\Z")


def lines(event: Event, limit: int = LIMIT) -> list[str]:
    """Detail lines, at most ``limit`` of them; the last says how many were left out. Persons are never named.

    Edits within a text are marked: `marks.spans` reads a line.
    """
    if event.kind in _SILENT:
        return []
    told = list(dict.fromkeys(_TELLERS.get(event.kind, _changes)(event)))
    if len(told) <= limit:
        return told
    return [*told[: limit - 1], S["more"].format(count=len(told) - limit + 1)]


def _status(event: Event) -> Iterator[str]:
    details = event.details
    reason = details.get("why_stopped")
    if reason and f"“{reason}”" not in event.headline:
        yield S["line_reason"].format(reason=quote(reason, 1000))
    if details.get("sites_open") is not None:
        yield S["line_open_sites"].format(open=details["sites_open"], total=details["sites_total"])


def _reason(event: Event) -> Iterator[str]:
    old, new = event.details.get("from"), event.details.get("to")
    if old and new:
        yield difference(old, new)
    elif len(str(old or new or "")) > 120:
        yield S["line_reason"].format(reason=quote(old or new, 1000))


def _date(event: Event) -> Iterator[str]:
    details = event.details
    if details.get("nth", 1) > 1 and details.get("cumulative_days"):
        yield S["line_cumulative"].format(
            days=days(details["cumulative_days"]), nth=details["nth"], coverage=quote(details.get("coverage"))
        )


def _results(event: Event) -> Iterator[str]:
    if (after := event.details.get("days_after_primary_completion")) is not None and after > 0:
        yield S["line_after_completion"].format(days=days(after))


def _steps(event: Event) -> Iterator[str]:
    """Steps of the quality control, where one update brought several."""
    steps = event.details.get("steps") or []
    for step in steps if len(steps) > 1 else ():
        yield S["line_step"].format(
            step=STEP_TYPE.get(step.get("type"), quote(step.get("type"), 40)), date=quote(step.get("date"), 20)
        )


def _outcomes(event: Event) -> Iterator[str]:
    details = event.details
    for entry in details.get("added", ()):
        yield S["line_added"].format(text=_outcome(entry))
    for entry in details.get("removed", ()):
        yield S["line_removed"].format(text=_outcome(entry))
    for effect in ("promoted", "demoted"):
        for name in details.get(effect, ()):
            yield S[f"line_{effect}"].format(text=f"“{quote(name, _LONG)}”")
    for entry in details.get("measure_reworded", ()):
        key = "line_redefined" if entry["redefined"] else "line_reworded"
        yield S[key].format(text=difference(entry["from"], entry["to"]))
    for group in details.get("time_frame", ()):
        old, new = quote(group["from"]) or S["nothing"], quote(group["to"]) or S["nothing"]
        if group["count"] == 1:
            yield S["line_time_frame_one"].format(measure=quote(group["measures"][0]), old=old, new=new)
        else:
            yield S["line_time_frame"].format(counts=outcome_counts(group["fields"]), old=old, new=new)
    yield from _descriptions(event)
    if note := details.get("window_note"):
        yield first_capital(quote(note))


def _descriptions(event: Event) -> Iterator[str]:
    """What differs in the description of an outcome that kept its name; else only that it does."""
    told = {
        change.path[1]: difference(change.old, change.new)
        for change in event.changes
        if len(change.path) == 3 and change.path[2] == "description" and change.old and change.new
    }
    for name in event.details.get("description", ()):
        text = told.get(" ".join(str(name).split()))
        key = "line_description_of" if text else "line_description"
        yield S[key].format(measure=quote(name, _LONG // 2 if text else _LONG), text=text)


def _outcome(entry: dict[str, Any]) -> str:
    frame = f" [{quote(entry['time_frame'])}]" if entry.get("time_frame") else ""
    return f"“{quote(entry.get('measure'), _LONG)}”{frame}"


def _eligibility(event: Event) -> Iterator[str]:
    for heading, found in (event.details.get("criteria") or {}).items():
        name = HEADING.get(heading, heading)
        for entry in found.get("moved", ()):
            text = f"“{quote(entry['text'], _LONG)}”"
            yield S["line_heading_moved"].format(old=entry["from"], heading=heading, text=text)
        for effect in ("added", "removed"):
            for line in found.get(effect, ()):
                yield S[f"line_heading_{effect}"].format(heading=name, text=f"“{quote(line, _LONG)}”")
        for pair in found.get("reworded", ()):
            yield S["line_heading_reworded"].format(heading=name, text=difference(pair["from"], pair["to"]))
    for change in event.changes:
        if (
            len(change.path) == 2
            and isinstance(change.old or change.new, str)
            and change.path[1].startswith(("study_", "gender_d"))
        ):
            yield S["line_field"].format(field=first_capital(field_word(change.path[1])), text=_both(change))


def _sites(event: Event) -> Iterator[str]:
    moved: dict[str, list[Change]] = defaultdict(list)
    for change in event.changes:
        if change.path[0] != "sites":
            continue
        if len(change.path) == 2:
            key = "line_added" if change.old is None else "line_removed"
            yield S[key].format(text=_site(change.new or change.old))
        else:
            moved[change.path[1]].append(change)
    for name, changes in moved.items():
        for change in changes:
            if change.path[2] == "recruitment_status":
                new, old = (status(value) if value else S["none"] for value in (change.new, change.old))
                yield S["line_status"].format(site=quote(name), new=new, old=old.lower())
        parts = [change for change in changes if change.path[2] not in {"recruitment_status", "contacts"}]
        if parts:
            told = ", ".join(f"{quote(change.old, 60) or S['none']} → {quote(change.new, 60) or S['none']}" for change in parts)
            if any(change.path[2] == "facility" for change in parts):
                yield S["line_renamed"].format(text=told)
            else:
                yield S["line_address"].format(text=f"{quote(name, 80)}: {told}")


def _site(entry: dict[str, Any]) -> str:
    names = [quote(entry.get(name), 80) for name in ("facility", "city", "state", "country")]
    own = f" ({status(entry['recruitment_status']).lower()})" if entry.get("recruitment_status") else ""
    return ", ".join(name for name in names if name) + own


def _nearby(event: Event) -> Iterator[str]:
    for entry in event.details.get("near") or ():
        yield S["line_near"].format(place=place(entry), watch=quote(entry.get("watch"), 60))


def _entries(event: Event) -> Iterator[str]:
    """Arms and interventions: whole entries by name, texts by their difference."""
    details = event.details
    for effect in ("added", "removed"):
        for name in details.get(effect, ()):
            yield S[f"line_{effect}"].format(text=quote(name, _LONG))
    for pair in details.get("renamed", ()):
        yield S["line_renamed"].format(text=difference(pair["from"], pair["to"]))
    for change in event.changes:
        if len(change.path) == 3 and isinstance(change.old or change.new, str):
            own = _TYPE_BEFORE.sub("", change.path[1])
            name = f"{quote(own, 60)}, {field_word(change.path[2])}"
            yield S["line_field"].format(field=name, text=_both(change))


def _references(event: Event) -> Iterator[str]:
    for effect in ("added", "removed"):
        for entry in event.details.get(effect) or ():
            number = f"PMID {quote(entry['pmid'], 20)}: " if entry.get("pmid") else ""
            own = f" ({quote(entry['type'], 20).lower()})" if entry.get("type") else ""
            yield S[f"line_{effect}"].format(text=f"{number}{quote(entry.get('citation'), _LONG)}{own}")
    for change in event.changes:
        if len(change.path) > 2:
            name = f"PMID {change.path[1]}" if change.path[1].isdigit() else f"“{quote(change.path[1], 60)}”"
            yield S["line_reference"].format(name=name, part=field_word(change.path[2]), text=_both(change))


def _sponsors(event: Event) -> Iterator[str]:
    for effect in ("added", "removed"):
        for field in ("collaborators", "funders"):
            for name in (event.details.get(field) or {}).get(effect, ()):
                yield S[f"line_{effect}"].format(text=quote(name))
    yield from _respelt(event)


def _terms(event: Event) -> Iterator[str]:
    """Conditions and keywords that came, went or are spelt otherwise."""
    for effect in ("added", "removed"):
        for found in event.details.values():
            for name in found.get(effect, ()) if isinstance(found, dict) else ():
                yield S[f"line_{effect}"].format(text=f"“{quote(name, _LONG)}”")
    yield from _respelt(event)


def _respelt(event: Event) -> Iterator[str]:
    for found in event.details.values():
        for pair in found.get("respelt", ()) if isinstance(found, dict) else ():
            yield S["line_respelt"].format(text=difference(pair["from"], pair["to"]))


def _oversight(event: Event) -> Iterator[str]:
    """The answers that changed, where the headline has no room for them."""
    if len(event.changes) > FEW:
        yield from _changes(event)


def _countries(event: Event) -> Iterator[str]:
    yield from filter(None, map(country_news, event.changes))


def _mirror(event: Event) -> Iterator[str]:
    for field, sides in (event.details.get("fields") or {}).items():
        page, registry = _value(sides.get("page")), _value(sides.get("registry"))
        yield S["line_page"].format(field=first_capital(field_word(field)), page=page, registry=registry)


def _listing(event: Event) -> Iterator[str]:
    for name in ("reason", "why"):
        if text := event.details.get(name):
            yield first_capital(quote(text, _LONG))


def _changes(event: Event) -> Iterator[str]:
    """Any kind: each change by its path, old and new."""
    for change in event.changes:
        if len(change.path) == 1:
            yield S["line_field"].format(field=first_capital(field_word(change.path[0])), text=_both(change))
        elif len(change.path) == 2 and change.path[0] in FIELD_LISTS:
            key = "line_added" if change.old is None else "line_removed" if change.new is None else "line_changed"
            yield S[key].format(text=_value(change.new if change.new is not None else change.old))
        else:
            yield S["line_field"].format(field=_path(change), text=_both(change))


def _documents(event: Event) -> Iterator[str]:
    for effect, sentence in (("added", "line_added"), ("removed", "line_removed")):
        for entry in event.details.get(effect) or ():
            parts = (entry.get("label") or entry.get("type"), entry.get("date"))
            yield S[sentence].format(text=", ".join(quote(part, 120) for part in parts if part) or S["none"])
    for change in event.changes:
        if len(change.path) > 2:
            kind, _, name = change.path[1].partition(" | ")
            document = quote(name, 60) or listed(document_names(kind))
            yield S["line_field"].format(field=f"{document}, {field_word(change.path[2])}", text=_both(change))


FIELD_LISTS = frozenset(
    {
        "secondary_ids",
        "aliases",
        "see_also_links",
        "documents",
        "compliance_notices",
        "regulatory_events",
    }
)


def _path(change: Change) -> str:
    """A change's path in words; the value itself, which is its own key in a list of plain values, is left out."""
    steps = change.path[1:] if change.path[0] == "rest" else change.path
    if len(steps) > 1 and steps[-1] in (change.old, change.new):
        steps = steps[:-1]
    return first_capital(", ".join(field_word(step) if _is_field(step) else quote(step, 60) for step in steps))


def _is_field(step: str) -> bool:
    """Whether a step is a field's name (ours, or a registry's own path) and no text of the record."""
    return step in FIELD or step in REST_FIELD or bool(_FIELD_NAME.match(step))


def _both(change: Change) -> str:
    if _ENUMERATED & {*change.path[:1], *change.path[-1:], *change.path[1:2]} and _is_word(change.old) and _is_word(change.new):
        return _words(change.old, change.new)
    if isinstance(change.old or change.new, bool | int | float):
        return f"{_value(change.old)} → {_value(change.new)}"
    if isinstance(change.old, str) and isinstance(change.new, str):
        if len(change.old) > 40 or len(change.new) > 40:
            return difference(change.old, change.new)
        return f"“{quote(change.old)}” → “{quote(change.new)}”"
    if change.old is None:
        return f"+ {_value(change.new)}"
    if change.new is None:
        return f"− {_value(change.old)}"
    return f"{_value(change.old)} → {_value(change.new)}"


def _is_word(value: Any) -> bool:
    return value is None or (isinstance(value, str) and bool(_ENUMERATION.match(value)))


def _words(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"+ {enumerated(new)}" if new else f"− {enumerated(old or '')}"
    return f"{enumerated(old)} → {enumerated(new)}"


def _value(value: Any) -> str:
    match value:
        case None:
            return S["none"]
        case bool():
            return BOOLEAN[value]
        case str():
            return f"“{quote(value, _LONG)}”"
        case dict() if "date" in value and len(value) <= 2:
            return quote(value["date"], 40)
        case dict() if "count" in value:
            return quote(value["count"], 20)
        case {"url": str(url)}:
            return f"“{quote(value['label'], 100)}” ({quote(url, 120)})" if value.get("label") else quote(url, 200)
        case {"id": str(number)}:
            more = [value.get("domain"), enumerated(value["type"]) if value.get("type") else None]
            told = ", ".join(quote(part, 60) for part in more if part)
            return f"{quote(number, 60)} ({told})" if told else quote(number, 60)
        case {"type": str(kind), "description": str(text)} if kind in NOTICE:
            return f"{NOTICE[kind]}: “{quote(text, _LONG)}”"
        case dict():
            parts = [item for item in value.values() if item not in (None, "")]
            return listed([enumerated(item) if _is_word(item) and "_" in item else item for item in parts], 4)
        case list() | tuple():
            return listed(list(value), 4)
        case _:
            return quote(value, _LONG)


_TELLERS: dict[str, Callable[[Event], Iterator[str]]] = {
    "recruitment_status_changed": _status,
    "why_stopped_changed": _reason,
    "start_date_changed": _date,
    "primary_completion_date_changed": _date,
    "completion_date_changed": _date,
    "results_posted": _results,
    "primary_outcomes_changed": _outcomes,
    "secondary_outcomes_changed": _outcomes,
    "other_outcomes_changed": _outcomes,
    "eligibility_changed": _eligibility,
    "sites_changed": _sites,
    "nearby_site_opened": _nearby,
    "nearby_site_closed": _nearby,
    "arms_changed": _entries,
    "interventions_changed": _entries,
    "results_submission_changed": _steps,
    "documents_changed": _documents,
    "references_changed": _references,
    "sponsors_changed": _sponsors,
    "conditions_changed": _terms,
    "country_status_changed": _countries,
    "oversight_changed": _oversight,
    "mirror_lags": _mirror,
    "registries_disagree": _mirror,
    "entered_watch": _listing,
    "left_watch": _listing,
    "removed": _listing,
    "new_registration": _listing,
    **CALENDAR_LINES,
}

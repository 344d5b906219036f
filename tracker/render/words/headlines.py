"""One sentence for each event. A kind without a function here gets a general sentence, so it can be added alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker.model.event import Event
from tracker.render.safe_text import one_line
from tracker.render.words.basics import (
    date_text,
    days,
    effect_word,
    field_word,
    first_capital,
    kind_title,
    on,
    people,
    percent,
    status,
    status_before,
)
from tracker.render.words.calendar import CALENDAR_HEADLINES
from tracker.render.words.content import CONTENT
from tracker.render.words.english import DATE_TYPE, HAPPENED, PHASE, STATUS_NEWS, STATUS_NEWS_EXCEPT, STEP, S
from tracker.render.words.places import PLACES
from tracker.render.words.texts import listed, quote

LONGEST = 160
_NAME_FIRST = frozenset({"country_status_changed"})
_OWN_SPELLING = frozenset({"recruitment_status_changed", "eligibility_changed", "sites_changed", "sponsors_changed"})

Teller = Callable[[Event], str]


def headline(event: Event) -> str:
    """The event in one sentence of at most 160 characters."""
    text = first_capital(_spelling(event) or _TELLERS.get(event.kind, general)(event))
    if "echo_of" in event.details:
        text = S["echo"].format(text=inside(event, text))
    return one_line(text, LONGEST)


def inside(event: Event, text: str) -> str:
    """An event's sentence as part of a longer one: its first letter small, unless it begins with a name or an acronym."""
    return text[:1].lower() + text[1:] if text[1:2].islower() and event.kind not in _NAME_FIRST else text


def _spelling(event: Event) -> str:
    """What is said of an edit of case and punctuation; empty where a kind has better words for it."""
    if not event.details.get("spelling_only") or event.kind in _OWN_SPELLING:
        return ""
    return S["spelling_only"].format(kind=kind_title(event.kind))


def general(event: Event) -> str:
    """A sentence for a kind that has none of its own: its title and effects."""
    if not event.effects:
        return S["generic"].format(kind=kind_title(event.kind))
    return S["generic_effects"].format(kind=kind_title(event.kind), effects=", ".join(map(effect_word, event.effects)))


def status_news(event: Event) -> str:
    """What the new status means, without what it was."""
    effect, now = next(iter(event.effects), ""), event.details.get("to")
    return STATUS_NEWS_EXCEPT.get((effect, now or "")) or STATUS_NEWS.get(effect) or status(now)


def _status(event: Event) -> str:
    details = event.details
    if details.get("from") == details.get("to"):
        return S["reads_as"].format(new=quote(details.get("to_as_given"), 50), old=quote(details.get("from_as_given"), 50))
    news = status_news(event)
    if "went_unknown" in event.effects:
        return S["last_known"].format(news=news, before=status(details.get("last_known_status")).lower())
    if reason := details.get("why_stopped"):
        return S["reason"].format(news=news, reason=quote(reason))
    return S["before"].format(news=news, before=status_before(details.get("from")))


def _why_stopped(event: Event) -> str:
    details = event.details
    effect = event.effects[0] if event.effects else "changed"
    return S[f"stopped_{effect}"].format(reason=quote(details.get("to") or details.get("from"), 120))


def _date(event: Event) -> str:
    details, effects = event.details, event.effects
    what = first_capital(field_word(str(details.get("field"))))
    old, new = date_text(details.get("old")), date_text(details.get("new"))
    apart = int(details.get("days") or 0)
    values = {"what": what, "old": old, "new": new, "days": days(apart)}
    match effects[0]:
        case "happened":
            return _happened(str(details.get("field")), apart, old, new)
        case "slipped" if "moved_after_passing" in effects:
            return S["slipped_passed"].format(**values)
        case "corrected":
            return S["corrected_later" if apart > 0 else "corrected_earlier"].format(**values)
        case "refined" | "widened":
            return S["restated"].format(**values)
        case "type_stated":
            return S["type_stated"].format(type=DATE_TYPE.get((details.get("new") or {}).get("type") or "", ""), **values)
        case effect:
            return S[effect].format(**values)


def _happened(field: str, apart: int, old: str, new: str) -> str:
    key = "happened_late" if apart > 0 else "happened_early" if apart < 0 else "happened" if old == new else "happened_planned"
    return S[key].format(happened=HAPPENED.get(field, field), on=on(new), old=old, days=days(apart))


def _enrollment(event: Event) -> str:
    details, effects = event.details, event.effects
    before, now, moved = details.get("from"), details.get("to"), details.get("percent")
    was = S["was" if details.get("from_type") == "ACTUAL" or "raised" in effects else "planned"].format(
        count=f"{before or 0:,}"
    )
    values = {"to": f"{now or 0:,}", "was": was, "percent": percent(moved or 0.0), "from_": f"{before or 0:,}"}
    if effects[0] in {"given", "cleared", "zeroed"} or "zeroed" in effects:
        return S["enrollment_zeroed" if "zeroed" in effects else f"enrollment_{effects[0]}"].format(**values)
    if effects[0] == "type_stated":
        return S["enrollment_type"].format(type=DATE_TYPE.get(details.get("to_type") or "", ""), **values)
    if effects[0] == "back_to_estimated":
        return S["enrollment_estimated"].format(**values)
    if effects[0] == "actual_reported":
        key = "_only" if not before else "_more" if (moved or 0) > 0 else "_fewer" if (moved or 0) < 0 else ""
        return S[f"enrollment_actual{key}"].format(**values | {"to": people(now)})
    if moved is None or abs(moved) >= 300:
        return S["enrollment_moved"].format(**values)
    return S[f"enrollment_{effects[0]}"].format(**values)


def _results_posted(event: Event) -> str:
    details = event.details
    if "from" in details:
        return S["results_date"].format(to=details.get("to") or S["none"], old=details.get("from") or S["none"])
    posted = details.get("posted_on")
    return S["results_posted"].format(on=on(posted)) if posted else S["results_posted_undated"]


def _results_amended(event: Event) -> str:
    if "removed" in event.effects:
        return S["results_removed"]
    if not event.effects:
        return S["results_amended_plain"]
    return S["results_amended"].format(parts=listed([field_word(part) for part in event.effects], 5))


def _submission(event: Event) -> str:
    steps = event.details.get("steps") or []
    day = steps[-1].get("date") if steps else None
    effect = event.effects[-1] if steps and event.effects else next(iter(event.effects), "other")
    told = STEP.get(effect, STEP["other"])
    return f"{told} {on(day)}" if day else told


def _delay(event: Event) -> str:
    details = event.details
    effect = event.effects[0] if event.effects else "certified"
    key = {"certified": "delay_certified", "date_changed": "delay_changed"}.get(effect, "delay_cleared")
    now, old = details.get("to"), details.get("from")
    return S[key].format(on=on(now) if now else "", to=now, old=old).strip()


def _phase(event: Event) -> str:
    return S["phase"].format(to=_phases(event.details.get("to")), old=_phases(event.details.get("from")))


def _phases(phases: list[Any] | None) -> str:
    return "/".join(PHASE.get(phase, quote(phase, 30)) for phase in phases or ()) or S["no_phase"]


def _newly_registered(event: Event) -> str:
    posted = event.details.get("first_posted")
    text = S["new_registration_posted"].format(date=quote(posted, 20)) if posted else S["new_registration"]
    if "registered_late" in event.effects:
        return S["registered_late"].format(text=text, start=quote(event.details.get("start_date"), 20)).rstrip()
    return text


def _watch(event: Event) -> str:
    return S[event.kind].format(watch=quote(event.details.get("watch"), 60))


def _fixed(event: Event) -> str:
    return S[event.kind]


def _merged(event: Event) -> str:
    return S["merged"].format(into=quote(str(event.details.get("into") or "").partition(":")[2], 40))


def _mirror(event: Event) -> str:
    fields = [field_word(field) for field in event.details.get("fields") or {}]
    return S[event.kind].format(fields=listed(fields, 4))


_TELLERS: dict[str, Teller] = {
    "recruitment_status_changed": _status,
    "why_stopped_changed": _why_stopped,
    "start_date_changed": _date,
    "primary_completion_date_changed": _date,
    "completion_date_changed": _date,
    "enrollment_changed": _enrollment,
    "results_posted": _results_posted,
    "results_amended": _results_amended,
    "results_submission_changed": _submission,
    "results_delay_certified": _delay,
    "phases_changed": _phase,
    "new_registration": _newly_registered,
    "entered_watch": _watch,
    "left_watch": _watch,
    "removed": _fixed,
    "restored": _fixed,
    "merged": _merged,
    "mirror_lags": _mirror,
    "registries_disagree": _mirror,
    **CALENDAR_HEADLINES,
    **CONTENT,
    **PLACES,
}

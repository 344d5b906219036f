"""One sentence for a whole update: its weightiest event and the next most telling ones, as far as a line carries."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tracker.model.event import Event, Story
from tracker.model.vocabulary import rank
from tracker.render.safe_text import one_line
from tracker.render.words.basics import date_text, days, field_word, kind_title
from tracker.render.words.english import COMPLETION_FIELDS, S
from tracker.render.words.headlines import LONGEST, headline, inside, status_news
from tracker.render.words.texts import quote

_MOST = 3
_COMPLETION_KINDS = tuple(f"{field}_changed" for field in COMPLETION_FIELDS)


def tell(events: Sequence[Event], story: Story | None) -> tuple[tuple[Event, ...], Story | None]:
    """The events and their story with headlines; nothing else about them changes. Events stand weightiest first."""
    told = tuple(msgspec.structs.replace(event, headline=headline(event)) for event in events)
    if story is None or not told:
        return told, story
    return told, msgspec.structs.replace(story, headline=story_headline(told))


def story_headline(events: Sequence[Event]) -> str:
    """The first event's sentence, then others in short that weigh more than a trifle."""
    lead, *others = events
    if not others:
        return headline(lead)
    first, mark = _lead(lead)
    shorts = _shorts(lead, others)
    if not shorts:
        return headline(lead)
    text = first
    for place, short in enumerate(shorts[:_MOST]):
        longer = f"{text}{mark if place == 0 else ', '}{short}"
        if len(longer) > LONGEST:
            break
        text = longer
    return one_line(text if text != first else headline(lead), LONGEST)


def _lead(event: Event) -> tuple[str, str]:
    """The leading event and what joins it to the rest; a status needs no "before" when more follows."""
    if event.kind != "recruitment_status_changed" or event.details.get("from") == event.details.get("to"):
        return headline(event), "; "
    if reason := event.details.get("why_stopped"):
        return S["reason"].format(news=status_news(event), reason=quote(reason, 60)), "; "
    return status_news(event), ": "


def _shorts(lead: Event, others: Sequence[Event]) -> list[str]:
    """Short forms, the most telling first; trifles only beside a trifle, and nothing the lead has said."""
    loud = [event for event in others if rank(event.severity) >= min(1, rank(lead.severity)) and event.kind not in _NEVER]
    if lead.kind == "recruitment_status_changed" and lead.details.get("why_stopped"):
        loud = [event for event in loud if event.kind != "why_stopped_changed"]
    if any(effect.startswith("started") for effect in lead.effects):
        loud.sort(key=lambda event: event.kind != "start_date_changed")  # "Now recruiting: started 2026-02-11, …"
    both = [event for event in loud if event.kind in _COMPLETION_KINDS]
    together = _together(both) if len(both) == len(_COMPLETION_KINDS) else ""
    shorts: list[str] = []
    for event in loud:
        text = together if together and event in both else _short(event)
        if text and text not in shorts:
            shorts.append(text)
    return shorts


_BY_KIND = frozenset({"eligibility_changed", "arms_changed", "interventions_changed", "design_changed", "description_changed"})
_NEVER = frozenset({"contacts_changed", "other_fields_changed"})


def _together(events: Sequence[Event]) -> str:
    """Both completion dates in one phrase, where the same happened to both."""
    effects = {event.effects[:1] for event in events}
    if effects == {("happened",)}:
        return S["short_both_actual"]
    if effects not in ({("slipped",)}, {("advanced",)}):
        return ""
    moved = {int(event.details.get("days") or 0) for event in events}
    if len(moved) > 1:
        return ""
    apart = moved.pop()
    return S["short_both_later" if apart > 0 else "short_both_earlier"].format(days=days(apart))


def _short(event: Event) -> str:
    details = event.details
    match event.kind:
        case "enrollment_changed" if details.get("from") is not None and details.get("to") is not None:
            key = "short_enrollment" if "actual_reported" in event.effects else "short_enrollment_moved"
            return S[key].format(old=f"{details['from']:,}", new=f"{details['to']:,}")
        case kind if kind in (*_COMPLETION_KINDS, "start_date_changed"):
            return _short_date(event)
        case kind if kind in _BY_KIND:
            return S["short_changed"].format(kind=kind_title(kind).lower())
        case "sites_changed":
            return _short_sites(event)
        case _:
            return inside(event, headline(event))


def _short_sites(event: Event) -> str:
    """Sites in few words: a country first, else how many came and went."""
    counts = event.details.get("counts") or {}
    if event.details.get("countries_opened") or event.details.get("countries_closed"):
        text = headline(event).split(";")[0]
        return text[:1].lower() + text[1:]
    if added := counts.get("added"):
        told = [S["short_sites_added"].format(count=added)]
        return ", ".join(told + [S["short_sites_removed"].format(count=counts["removed"])] * bool(counts.get("removed")))
    if removed := counts.get("removed"):
        return S["short_sites_only_removed"].format(count=removed)
    return S["short_changed"].format(kind=kind_title(event.kind).lower())


def _short_date(event: Event) -> str:
    details = event.details
    what, apart = field_word(str(event.details.get("field"))), int(details.get("days") or 0)
    if "happened" in event.effects and event.kind == "start_date_changed":
        return S["short_started"].format(date=date_text(details.get("new")))
    if "happened" in event.effects:
        return S["short_actual"].format(what=what)
    if event.effects[0] in {"slipped", "advanced"}:
        return S["short_later" if apart > 0 else "short_earlier"].format(what=what, days=days(apart))
    text = headline(event)
    return text[:1].lower() + text[1:]

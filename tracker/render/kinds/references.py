"""Publications, links, data sharing, oversight, status by country, regulatory events, and fields of no other kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.details import (
    CountryStatusDetails,
    Details,
    OtherFieldsDetails,
    OversightDetails,
    ReferenceEntry,
    ReferencesDetails,
    RegulatoryDetails,
    RegulatoryEntry,
)
from tracker.model.event import Change, Event
from tracker.render.kinds.changes import lines_of
from tracker.render.kinds.kind_words import kind_words
from tracker.render.phrases import listed, on, quote
from tracker.render.safe_text import plural
from tracker.render.values import LONG, NOT_STATED, answer, before_and_after
from tracker.render.vocabulary import field_word, regulatory_words, status, status_before

_FEW_ANSWERS = 2
"""Answers on oversight that a headline has room for."""


def _references_headline(event: Event, details: ReferencesDetails) -> str:
    parts = []
    for entries, effect in ((details.added, "linked"), (details.removed, "unlinked")):
        if entries:
            parts.append(f"{plural(len(entries), 'publication')} {effect}")
    if not parts and all(len(change.path) > 2 and change.path[2] == "type" for change in event.changes):
        return f"Type of {plural(len({change.path[1] for change in event.changes}), 'linked publication')} changed"
    return ", ".join(parts) or "Linked publications changed"


def _references_lines(event: Event, details: ReferencesDetails) -> Iterator[str]:
    yield from (f"Added: {_reference(entry)}" for entry in details.added)
    yield from (f"Removed: {_reference(entry)}" for entry in details.removed)
    for change in event.changes:
        if len(change.path) > 2:
            key = change.path[1]
            name = f"PMID {key}" if key.isdigit() else f"“{quote(key, 60)}”"
            yield f"{name}, {field_word(change.path[2])}: {before_and_after(change)}"


def _reference(entry: ReferenceEntry) -> str:
    number = f"PMID {quote(entry.pmid, 20)}: " if entry.pmid else ""
    own = f" ({quote(entry.type, 20).lower()})" if entry.type else ""
    return f"{number}{quote(entry.citation, LONG)}{own}"


def _links_headline(event: Event, _details: Details) -> str:
    whole = [change for change in event.changes if len(change.path) == 2]
    parts = []
    for count, effect in (
        (sum(change.new is not None for change in whole), "added"),
        (sum(change.old is not None for change in whole), "removed"),
    ):
        if count:
            parts.append(f"{plural(count, 'link')} {effect}")
    return ", ".join(parts) or "Links changed"


def _sharing_headline(event: Event, _details: Details) -> str:
    plan = next((change for change in event.changes if change.path[-1] == "plan"), None)
    return _now("Data sharing", plan) if plan else "Data sharing changed"


def _now(name: str, change: Change) -> str:
    return f"{name} now {answer(change.new)} (was {answer(change.old)})"


def _oversight_headline(event: Event, details: OversightDetails) -> str:
    """One or two answers with what they were; of more only which."""
    if not _few(event.changes):
        return f"Oversight: {_fields(details.fields)}"
    return f"Oversight: {'; '.join(_now(field_word(change.path[1]), change) for change in event.changes)}"


def _oversight_lines(event: Event, _details: OversightDetails) -> Iterator[str]:
    """The answers, where the headline has no room for them."""
    if len(event.changes) > _FEW_ANSWERS:
        yield from lines_of(event.changes)


def _few(changes: Sequence[Change]) -> bool:
    return 0 < len(changes) <= _FEW_ANSWERS and all(len(change.path) == 2 for change in changes)


def _fields(names: Sequence[str], titles: dict[str, str] | None = None) -> str:
    return f"{listed([field_word(name, titles) for name in names], 4) or '…'} changed"


def _countries_headline(event: Event, _details: CountryStatusDetails) -> str:
    news = [news for change in event.changes if (news := _country(change))]
    return "; ".join(news[:3]) or "Status by country changed"


def _countries_lines(event: Event, _details: CountryStatusDetails) -> Iterator[str]:
    yield from filter(None, map(_country, event.changes))


def _country(change: Change) -> str:
    """A member state's status, and what it was; empty for a change that is of no status."""
    country = quote(change.path[1], 40)
    if len(change.path) == 2:
        return f"{country}: {status(change.new.get('status')) if change.new else NOT_STATED}"
    if change.path[2] != "status":
        return ""
    return f"{country}: {status(change.new)} (before: {status_before(change.old)})"


def _regulatory_headline(_event: Event, details: RegulatoryDetails) -> str:
    parts = [f"{_regulatory(entry)} stated{f' {on(entry.date)}' if entry.date else ''}" for entry in details.added]
    parts += [f"{_regulatory(entry)} taken back" for entry in details.removed]
    return "; ".join(parts[:2]) or "Regulatory events changed"


def _regulatory(entry: RegulatoryEntry) -> str:
    where = f" ({quote(entry.country, 40)})" if entry.country else ""
    return f"{regulatory_words(entry.type)}{where}"


def _other_headline(_event: Event, details: OtherFieldsDetails) -> str:
    return f"Other fields: {_fields(details.fields, dict(details.titles))}"


def _other_lines(event: Event, details: OtherFieldsDetails) -> Iterator[str]:
    yield from lines_of(event.changes, details.titles)


kind_words("references_changed", ReferencesDetails, title="References", headline=_references_headline, lines=_references_lines)
kind_words("links_changed", Details, title="Links", headline=_links_headline)
kind_words("ipd_sharing_changed", Details, title="Data sharing", headline=_sharing_headline)
kind_words("oversight_changed", OversightDetails, title="Oversight", headline=_oversight_headline, lines=_oversight_lines)
kind_words(
    "country_status_changed",
    CountryStatusDetails,
    title="Status by country",
    headline=_countries_headline,
    lines=_countries_lines,
    name_first=True,
)
kind_words("regulatory_events_changed", RegulatoryDetails, title="Regulatory events", headline=_regulatory_headline)
kind_words(
    "other_fields_changed",
    OtherFieldsDetails,
    title="Other fields",
    headline=_other_headline,
    lines=_other_lines,
    compared=("first_posted",),
    combined=False,
    from_details=True,
)

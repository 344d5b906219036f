"""A story laid out for reading: what the text and the HTML of a message both show, decided once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from urllib.parse import quote

import msgspec

from tracker.model.details import MirrorDetails, RecruitmentStatusDetails, WhyStoppedDetails
from tracker.model.event import Event, Story
from tracker.model.ids import split_key
from tracker.model.labels import trial_label
from tracker.model.links import Registration
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import Severity, rank
from tracker.render import inline_diff, kinds, registrations, times
from tracker.render.field_changes import FieldChange, field_changes
from tracker.render.introduction import Nearby, introduction
from tracker.render.kinds.dates import COMPLETIONS
from tracker.render.privacy import PERSONAL_KINDS, public_event
from tracker.render.safe_text import one_line, web_link

MOST_LINES = 12
LONGEST_LINE = 400

_COMPARISON = "tab=history"
_LONGEST_LABEL = 90
_LONGEST_BRIEF_LABEL = 60


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """One event under its story: headline, fields before and after, and lines for what is longer."""

    headline: str
    changes: tuple[FieldChange, ...] = ()
    lines: tuple[inline_diff.Line, ...] = ()


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A link to see for oneself."""

    text: str
    address: str


class StoryView(msgspec.Struct, frozen=True, kw_only=True):
    """One registry update of one trial, ready to be set in text or HTML.

    ``label`` is short, for subjects and overviews; ``name`` heads the story, with ``title`` below it where that says
    more, and the reader's own ``note``. ``headline`` sums up the whole update; a card shows ``first`` and ``parts``, which have
    headlines of their own, and the minor ones of these as ``minor``. ``news`` is the update in a few words. ``introduction`` is
    the trial in one line.
    ``when`` and ``rule`` are the evidence in full, ``seen`` in short. ``mute`` is the command that silences the trial.
    """

    trial: str
    number: str
    label: str
    name: str
    title: str
    source: str
    address: str
    severity: Severity
    rule: str
    headline: str
    news: str
    introduction: str
    first: PartView
    parts: tuple[PartView, ...]
    minor: tuple[str, ...]
    when: str
    seen: str
    mute: str
    anchor: str
    links: tuple[LinkView, ...]
    watches: tuple[str, ...]
    events: int
    note: str = ""
    also: str = ""


class BriefView(msgspec.Struct, frozen=True, kw_only=True):
    """A story of which a message tells the headlines alone; ``told`` are the events that these are of."""

    trial: str
    number: str
    anchor: str
    address: str
    label: str
    severity: Severity
    sentence: str
    told: tuple[str, ...]


def folded_view(entries: Sequence[tuple[Story, Sequence[Event]]]) -> BriefView:
    """Stories of one trial in one line: the headline of each event once."""
    events = [event for _, found in entries for event in found]
    first = brief_view(entries[0][0], entries[0][1], everything=True)
    sentence = "; ".join(dict.fromkeys(_headline(unit) for _, found in entries for unit in _units(found)))
    return msgspec.structs.replace(
        first,
        sentence=sentence,
        told=tuple(event.id for event in events),
        anchor=entry_anchor(entries[0][1]),
        address=_address(events, None),
    )


def brief_view(story: Story, events: Sequence[Event], *, everything: bool) -> BriefView:
    """The leading headline and those of the other major events, or of ``everything``; ``events`` as in `story_view`."""
    leading, *others = events
    chosen = [event for event in others if everything or event.severity == "major"]
    headlines = [kinds.story_headline(events), *map(kinds.headline, chosen)]
    left = len(others) - len(chosen)
    more = f" (and {left:,} more)" if left else ""
    return BriefView(
        trial=story.trial,
        number=split_key(story.trial).number,
        anchor="",
        address="",
        label=one_line(event_label(leading), _LONGEST_BRIEF_LABEL),
        severity=story.severity,
        sentence="; ".join(headlines) + more,
        told=tuple(event.id for event in (leading, *chosen)),
    )


def story_view(
    story: Story,
    events: Sequence[Event],
    record: TrialRecord | None,
    *,
    watches: Sequence[str] = (),
    source_title: str = "",
    timezone: tzinfo,
    note: str = "",
    nearby: Nearby | None = None,
    fold: bool = False,
    year: int = 0,
    pages: str = "",
    also: Sequence[Registration] = (),
) -> StoryView:
    """Lay out a story; ``events`` are at least one, weightiest first, all shown. Days are those of ``timezone``.

    ``fold``: each fact is told once, and the minor events of a weightier story by their headlines alone.
    ``year`` is that of the message. ``pages`` is the address of the site on which the story has a page with its evidence.
    ``also`` are the trial's other registrations.
    """
    leading = events[0]
    title = one_line((record and (record.brief_title or record.official_title)) or "", 200)
    label = event_label(leading, record)
    named_by_title = bool(title) and title.startswith(label.removesuffix("…"))
    address = _address(events, record)
    told = _without_repeated_reason(events) if fold else events
    first, *others = _units(told) if fold else [(event,) for event in told]
    minor = [unit for unit in others if fold and _weight(unit) == "minor" and story.severity != "minor"]
    introduced = introduction(record, nearby)
    number = split_key(story.trial).number
    return StoryView(
        trial=story.trial,
        number=number,
        label=label,
        name=title if named_by_title else label,
        title="" if named_by_title else title,
        source=one_line(source_title),
        address=address,
        severity=story.severity,
        rule=one_line(max(events, key=lambda event: rank(event.severity)).rule),
        headline=kinds.story_headline(events),
        news=kinds.story_news(events),
        introduction=introduced,
        first=_part(first, spare=fold, introduced=introduced),
        parts=tuple(_part(unit, spare=fold, introduced=introduced) for unit in others if unit not in minor),
        minor=tuple(map(_headline, minor)),
        when=when_sentence(leading, timezone),
        seen=_seen(leading, timezone, year),
        mute=f"tracker silence {number}",
        anchor=entry_anchor(events),
        links=_links(events, address, nearby.contact if nearby else "", story_page(pages, story.id) if pages else ""),
        watches=tuple(one_line(watch) for watch in watches),
        events=len(events),
        note=one_line(note, LONGEST_LINE),
        also=one_line(registrations.sentence(also), LONGEST_LINE),
    )


def event_label(event: Event, record: TrialRecord | None = None) -> str:
    """The name of an event's trial: the event's label, unless that is but a number and the record has a name by now."""
    bare = event.label in (event.trial, split_key(event.trial).number)
    if event.label and not bare:
        return one_line(event.label, _LONGEST_LABEL)
    return one_line(trial_label(event.trial, record), _LONGEST_LABEL)


def when_sentence(event: Event, timezone: tzinfo) -> str:
    """When the record changed, as an auditor may quote it: never who did it."""
    before, seen = event.seen_between
    if event.origin == "backfill":
        sentence = f"From the registry's own history: the version of {times.day(event.effective_at, timezone)}"
    elif event.cause == "calendar":
        sentence = f"A date passed; the record itself did not change. Noticed {times.day(seen, timezone)}"
    elif isinstance(event.details, MirrorDetails):
        sentence = f"{_apart(event.details)}. Noticed {times.day(seen, timezone)}"
    elif before is None:
        sentence = f"The record was first seen {times.day(seen, timezone)}"
    else:
        last, first = times.span(before, seen, timezone)
        subject = "The registry's listing changed" if event.cause == "registry" else "The record changed"
        sentence = f"{subject}: first seen {first}, last seen unchanged {last}"
    if event.details.registry_edit:
        sentence = f"{sentence}; {kinds.BY_REGISTRY}"
    own = []
    if event.updated_on:
        own.append(f"the registry's own update date is {times.registry_day(event.updated_on)}")
    if event.data_version:
        own.append(f"its data version {times.registry_day(event.data_version)}")
    return f"{sentence}; {', '.join(own)}." if own else f"{sentence}."


def _apart(details: MirrorDetails) -> str:
    if not details.words:
        return "The page and the registry's record differ"
    return "Two registries of the trial agree again" if details.ended else "Two registries of the trial differ"


def _without_repeated_reason(events: Sequence[Event]) -> list[Event]:
    """The events without a reason for stopping that the news of the status gives already, word for word."""
    given = {one.details.why_stopped for one in events if isinstance(one.details, RecruitmentStatusDetails)}
    return [
        event
        for event in events
        if not (isinstance(event.details, WhyStoppedDetails) and event.details.new and event.details.new in given)
        or event is events[0]
    ]


def _units(events: Sequence[Event]) -> list[tuple[Event, ...]]:
    """The events, each for itself; both completion dates to which the same happened stand together, once."""
    pair = tuple(event for event in events if event.kind in COMPLETIONS)
    if not kinds.together(pair):
        return [(event,) for event in events]
    return [pair if event is pair[0] else (event,) for event in events if event not in pair[1:]]


def _weight(unit: Sequence[Event]) -> Severity:
    return max((event.severity for event in unit), key=rank)


def _headline(unit: Sequence[Event], *, introduced: bool = False) -> str:
    return kinds.together(unit) or kinds.headline(unit[0], introduced=introduced)


def _seen(event: Event, timezone: tzinfo, year: int) -> str:
    """``Seen 11 Feb (was unchanged 10 Feb)``; to the minute when both looks were on one day."""
    before, seen = event.seen_between
    first = times.short_day(seen, timezone, year)
    if event.origin == "backfill":
        return f"Registry's version of {times.short_day(event.effective_at, timezone, year)}"
    if event.cause == "calendar" or isinstance(event.details, MirrorDetails):
        return f"Noticed {first}"
    if before is None:
        return f"First seen {first}"
    last = times.short_day(before, timezone, year)
    if last == first:
        first, last = (f"{first}, {at.astimezone(timezone):%H:%M}" for at in (seen, before))
    by_registry = f"; {kinds.BY_REGISTRY}" if event.details.registry_edit else ""
    return f"Seen {first} (was unchanged {last}{by_registry})"


def entry_anchor(events: Sequence[Event]) -> str:
    """The name of the card of these events inside its message."""
    return "card-" + "".join(letter for letter in events[0].id if letter.isascii() and letter.isalnum())[:40]


def _part(unit: Sequence[Event], *, spare: bool, introduced: str) -> PartView:
    """What is told of an event, or of several together; to ``spare`` the reader, nothing that the introduction says."""
    headline = _headline(unit, introduced=spare and bool(introduced))
    if unit[0].kind in PERSONAL_KINDS:
        return PartView(headline=headline)
    compared: list[FieldChange] = []
    told: list[str] = []
    for event in map(public_event, unit):
        found, others = field_changes(event, headline, spare=spare)
        compared += found
        told += kinds.lines(msgspec.structs.replace(event, changes=others), limit=MOST_LINES)
    said = f"{headline}\n{introduced}".casefold() if spare else headline.casefold()
    lines = (inline_diff.spans(line, LONGEST_LINE) for line in dict.fromkeys(told) if line.casefold() not in said)
    return PartView(headline=headline, changes=tuple(compared), lines=tuple(lines))


def _address(events: Sequence[Event], record: TrialRecord | None) -> str:
    given = [record.url if record else None]
    given += [link for event in events for link in event.evidence.links if _COMPARISON not in link]
    return next((found for link in given if (found := web_link(link))), "")


def story_page(pages: str, story: str) -> str:
    """The address of a story's page on a site."""
    return f"{pages}/stories/{quote(story, safe='')}"


def _links(events: Sequence[Event], address: str, contact: str, page: str) -> tuple[LinkView, ...]:
    links = [LinkView(text="Evidence", address=page)] if page else []
    links += [LinkView(text="Record", address=address)] if address else []
    given = dict.fromkeys(link for event in events for link in event.evidence.links)
    comparison = next((link for link in given if _COMPARISON in link and web_link(link)), "")
    if comparison and any(event.cause == "record" for event in events):
        links.append(LinkView(text="Compare", address=comparison))
    if reach := web_link(contact):
        links.append(LinkView(text="Reach the study", address=reach))
    return tuple(links)

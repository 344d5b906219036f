"""A story laid out for reading: what the text and the HTML of a message both show, decided once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import msgspec

from tracker.model.details import MirrorDetails
from tracker.model.event import Event, Story
from tracker.model.ids import split_key
from tracker.model.labels import trial_label
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import Severity, rank
from tracker.render import inline_diff, kinds, times
from tracker.render.field_changes import FieldChange, field_changes
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
    more, and the reader's own ``note``. ``headline_inside`` is the headline as part of a longer sentence.
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
    headline_inside: str
    first: PartView
    parts: tuple[PartView, ...]
    when: str
    links: tuple[LinkView, ...]
    watches: tuple[str, ...]
    events: int
    note: str = ""


class BriefView(msgspec.Struct, frozen=True, kw_only=True):
    """A story of which a message has room for the headlines alone; ``told`` are the events that these are of."""

    trial: str
    number: str
    label: str
    severity: Severity
    sentence: str
    told: tuple[str, ...]


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
) -> StoryView:
    """Lay out a story; ``events`` are at least one, weightiest first, all shown. Days are those of ``timezone``."""
    leading = events[0]
    title = one_line((record and (record.brief_title or record.official_title)) or "", 200)
    label = event_label(leading, record)
    named_by_title = bool(title) and title.startswith(label.removesuffix("…"))
    address = _address(events, record)
    headline = kinds.story_headline(events)
    return StoryView(
        trial=story.trial,
        number=split_key(story.trial).number,
        label=label,
        name=title if named_by_title else label,
        title="" if named_by_title else title,
        source=one_line(source_title),
        address=address,
        severity=story.severity,
        rule=one_line(max(events, key=lambda event: rank(event.severity)).rule),
        headline=headline,
        headline_inside=kinds.inside(leading, headline),
        first=_part(leading),
        parts=tuple(_part(event) for event in events[1:]),
        when=when_sentence(leading, timezone),
        links=_links(events, address, source_title),
        watches=tuple(one_line(watch) for watch in watches),
        events=len(events),
        note=one_line(note, LONGEST_LINE),
    )


def event_label(event: Event, record: TrialRecord | None = None) -> str:
    """The name of an event's trial: the event's label, unless that is but a number and the record has a name by now."""
    bare = event.label in {event.trial, split_key(event.trial).number}
    return one_line(trial_label(event.trial, record, own="" if bare else event.label), _LONGEST_LABEL)


def when_sentence(event: Event, timezone: tzinfo) -> str:
    """When the record changed, as an auditor may quote it: never who did it."""
    before, seen = event.seen_between
    if event.origin == "backfill":
        sentence = f"From the registry's own history: the version of {times.day(event.effective_at, timezone)}"
    elif event.cause == "calendar":
        sentence = f"A date passed; the record itself did not change. Noticed {times.day(seen, timezone)}"
    elif isinstance(event.details, MirrorDetails):
        sentence = f"The page and the registry's record differ. Noticed {times.day(seen, timezone)}"
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


def _part(event: Event) -> PartView:
    headline = kinds.headline(event)
    if event.kind in PERSONAL_KINDS:
        return PartView(headline=headline)
    shown = public_event(event)
    compared, others = field_changes(shown, headline)
    told = kinds.lines(msgspec.structs.replace(shown, changes=others), limit=MOST_LINES)
    said = headline.casefold()
    lines = (inline_diff.spans(line, LONGEST_LINE) for line in told if line.casefold() not in said)
    return PartView(headline=headline, changes=compared, lines=tuple(lines))


def _address(events: Sequence[Event], record: TrialRecord | None) -> str:
    given = [record.url if record else None]
    given += [link for event in events for link in event.evidence.links if _COMPARISON not in link]
    return next((found for link in given if (found := web_link(link))), "")


def _links(events: Sequence[Event], address: str, source_title: str) -> tuple[LinkView, ...]:
    source = one_line(source_title)
    links = [LinkView(text=f"Record on {source}" if source else "Record", address=address)] if address else []
    given = dict.fromkeys(link for event in events for link in event.evidence.links)
    comparison = next((link for link in given if _COMPARISON in link and web_link(link)), "")
    if comparison and any(event.cause == "record" for event in events):
        links.append(LinkView(text="Compare versions", address=comparison))
    return tuple(links)

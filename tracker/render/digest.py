"""The change-log digest and the immediate alert: stories in, subject, text and HTML out.

Stories are grouped by severity, then by trial. What is too long for one message goes on in numbered ones (`numbered`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from tracker.model.alert import Content
from tracker.model.vocabulary import SEVERITIES, Severity, rank
from tracker.render import markup, plain, times
from tracker.render.numbered import MAIL, Entry, Form, Item, Part, Place, parts
from tracker.render.page import Box, Overview, Page, Section, footer
from tracker.render.safe_text import one_line, plural
from tracker.render.story_view import BriefView, StoryView, brief_view, story_view

__all__ = ["DigestInput", "Entry", "alert", "digest"]

LONGEST_SUBJECT = 150
OVERVIEW_FROM = 4
"""From so many stories on, a table of them stands at the top."""

OVERVIEW_ROWS = 40
MOST_PARTS = 20
"""Changes told in one piece of a story."""

_SECTION_TITLES: dict[Severity, str] = {"major": "Major changes", "notable": "Notable changes", "minor": "Minor changes"}

_NO_SECTION = "Without a group"


class DigestInput(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a digest or alert says.

    ``notes``, ``held`` and ``unread`` are finished sentences. ``held`` is one for each run that is held, ``unread`` one for
    each source or group of trials that cannot be read at present: either keeps the digest from saying "no changes".
    ``since`` and ``until`` are aware UTC; ``timezone`` is an IANA name; ``cadence`` is daily, weekly, immediate or "on
    request"; ``contact`` is where a reader can write to. ``sent_immediately`` counts the changes that the channel was told of
    in immediate messages since then: they are left out here, and "no changes" would be wrong of them. ``sections`` are those
    of the entries in their order, none where they stand by severity.
    """

    title: str
    channel: str
    entries: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    followed: int
    since: datetime | None = None
    until: datetime
    timezone: str = "UTC"
    cadence: str = "daily"
    attributions: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    contact: str = ""
    sent_immediately: int = 0
    sections: tuple[str, ...] = ()


def digest(given: DigestInput, form: Form = MAIL) -> tuple[Part, ...]:
    """The digest: a subject that tells the weightiest story, and the same text plain and in HTML."""
    writer = _Writer(given, form, _digest_subject)
    return parts(writer, writer.entries, form)


def alert(given: DigestInput, form: Form = MAIL) -> tuple[Part, ...]:
    """An immediate message for one or more stories; the subject is the weightiest headline with its trial's label."""
    writer = _Writer(given, form, _alert_subject)
    return parts(writer, writer.entries, form)


class _Writer:
    """Sets stories of one digest or alert as messages. What was laid out once is kept: sizes are found by trying."""

    def __init__(self, given: DigestInput, form: Form, subject: Callable[[DigestInput, StoryView | None], str]) -> None:
        self.given = msgspec.structs.replace(given, entries=tuple(_ordered(given.entries)))
        self.entries = self.given.entries
        self.title, self.timezone = one_line(given.title), times.zone(given.timezone)
        self._everything = not form.lists
        self._full: dict[tuple[str, ...], StoryView] = {}
        self._brief: dict[tuple[str, ...], BriefView] = {}
        self._leading = [self._view(Item(entry=entry, full=True)) for entry in self.entries[:OVERVIEW_ROWS]]
        self.subject = subject(self.given, self._leading[0] if self._leading else None)

    def write(self, items: Sequence[Item], place: Place, *, html: bool) -> Content:
        """The message of these stories."""
        page = self._page(items, place)
        return Content(subject=page.subject, text=plain.text(page), html=markup.html(page) if html else "")

    def told(self, item: Item) -> tuple[str, ...]:
        """The events whose headline stands in the message."""
        return tuple(event.id for event in item.entry.events) if item.full else self._brief_view(item).told

    def _view(self, item: Item) -> StoryView:
        key = tuple(event.id for event in item.entry.events)
        if key not in self._full:
            self._full[key] = story_view(
                item.entry.story,
                item.entry.events,
                item.entry.record,
                watches=item.entry.watches,
                source_title=item.entry.source_title,
                timezone=self.timezone,
                note=item.entry.note,
            )
        return self._full[key]

    def _brief_view(self, item: Item) -> BriefView:
        key = tuple(event.id for event in item.entry.events)
        if key not in self._brief:
            self._brief[key] = brief_view(item.entry.story, item.entry.events, everything=self._everything)
        return self._brief[key]

    def _page(self, items: Sequence[Item], place: Place) -> Page:
        given, first = self.given, place.number == 1
        long = len(items) >= OVERVIEW_FROM or place.count > 1
        numbered = f" ({place.number}/{place.count})" if place.count > 1 else ""
        return Page(
            subject=one_line(self.subject, LONGEST_SUBJECT - len(numbered)) + numbered,
            heading=self.title,
            facts=_facts(given) + (f" · message {place.number} of {place.count}" if numbered else ""),
            preview=one_line("; ".join(f"{view.label}: {view.headline}" for view in self._leading[:3]), 200),
            warnings=_warnings(given) if first else (),
            overview=_overview(self._leading, len(given.entries)) if first and long else None,
            sections=self._sections(items),
            paragraphs=() if given.entries or given.held or given.unread else (_nothing(given),),
            closing=_closing(place),
            notes=_notes(given) if first else (),
            footer=footer(
                why=given.why,
                channel=given.channel,
                contact=given.contact,
                sources=given.attributions,
                timezone=given.timezone,
            ),
        )

    def _sections(self, items: Sequence[Item]) -> tuple[Section, ...]:
        if self.given.sections:
            named = [(one_line(name, 100) or _NO_SECTION, name) for name in self.given.sections]
            grouped = ((title, [item for item in items if item.entry.section == name]) for title, name in named)
        else:
            grouped = (
                (_SECTION_TITLES[severity], [item for item in items if item.entry.story.severity == severity])
                for severity in reversed(SEVERITIES)
            )
        return tuple(self._section(title, chosen) for title, chosen in grouped if chosen)

    def _section(self, title: str, items: Sequence[Item]) -> Section:
        return Section(
            title=title,
            severity=max((item.entry.story.severity for item in items), key=rank),
            stories=tuple(self._view(item) for item in items if item.full),
            briefs=tuple(self._brief_view(item) for item in items if not item.full),
        )


def _digest_subject(given: DigestInput, leading: StoryView | None) -> str:
    held = ", ".join(f"{len(lines)} {word}" for lines, word in ((given.held, "held"), (given.unread, "not read")) if lines)
    if leading is None:
        quiet = f"nothing beyond {_sent_immediately(given)} told at once" if given.sent_immediately else "no changes"
        return one_line(f"{given.title}: {held or quiet}", LONGEST_SUBJECT)
    counted = _counted(given) + (f" ({held})" if held else "")
    return one_line(f"{counted}: {one_line(leading.label, 60)} – {leading.headline_inside}", LONGEST_SUBJECT)


def _alert_subject(given: DigestInput, leading: StoryView | None) -> str:
    if leading is None:
        return _digest_subject(given, leading)
    stories = len({entry.story.id for entry in given.entries})
    others = f" (and {stories - 1} more)" if stories > 1 else ""
    return one_line(f"{one_line(leading.label, 60)}: {leading.headline}", LONGEST_SUBJECT - len(others)) + others


def _counted(given: DigestInput) -> str:
    changes = sum(len(entry.events) for entry in given.entries)
    return f"{plural(changes, 'change')} in {plural(len({entry.story.trial for entry in given.entries}), 'trial')}"


def _ordered(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Weightiest severity first; within one severity a trial's stories stand together. Long stories come in pieces."""
    first_of_trial: dict[tuple[Severity, str], int] = {}
    for position, entry in enumerate(entries):
        first_of_trial.setdefault((entry.story.severity, entry.story.trial), position)
    order = sorted(
        entries,
        key=lambda entry: (-rank(entry.story.severity), first_of_trial[entry.story.severity, entry.story.trial]),
    )
    for entry in order:
        for start in range(0, len(entry.events), MOST_PARTS):
            yield msgspec.structs.replace(entry, events=entry.events[start : start + MOST_PARTS])


def _closing(place: Place) -> tuple[str, ...]:
    """Where the message goes on, where the whole list is, and how much waits."""
    sentences = []
    if place.number < place.count:
        sentences.append(f"This goes on in message {place.number + 1} of {place.count}.")
    if place.listed:
        where = "attached" if place.number == 1 else "attached to message 1"
        files = "changes.csv for spreadsheets, changes.html for a browser"
        sentences.append(f"The list {where} holds {plural(place.listed, 'change')}: {files}.")
    if place.left and place.number == place.count:
        sentences.append(f"{plural(place.left, 'more change')} did not fit and will be in the next messages.")
    return tuple(sentences)


def _facts(given: DigestInput) -> str:
    timezone = times.zone(given.timezone)
    until = times.day(given.until, timezone)
    if given.cadence == "immediate":
        period = times.moment(given.until, timezone)
    else:
        period = f"{times.day(given.since, timezone)} to {until}" if given.since else until
    counted = [_counted(given)] if given.entries else []
    return " · ".join([period, *counted, f"{plural(given.followed, 'trial')} followed"])


def _nothing(given: DigestInput) -> str:
    since = f" since {times.day(given.since, times.zone(given.timezone))}" if given.since else ""
    if given.sent_immediately:
        return f"Nothing beyond {_sent_immediately(given)} you were told of at once{since}."
    trials = "the trial" if given.followed == 1 else f"the {plural(given.followed, 'trial')}"
    return f"No changes in {trials} you follow{since}."


def _sent_immediately(given: DigestInput) -> str:
    return "the change" if given.sent_immediately == 1 else f"the {plural(given.sent_immediately, 'change')}"


def _notes(given: DigestInput) -> tuple[Box, ...]:
    lines = [one_line(note) for note in given.notes]
    if given.sent_immediately and (given.entries or given.held or given.unread):
        were = "change was" if given.sent_immediately == 1 else "changes were"
        count = f"{given.sent_immediately:,}{' more' if given.entries else ''} {were}"
        lines.append(f"{count} told at once.")
    return (Box(title="Also", lines=tuple(lines)),) if lines else ()


def _warnings(given: DigestInput) -> tuple[Box, ...]:
    boxes = (
        (given.held, f"{len(given.held)} held: what is behind this is not told below"),
        (given.unread, "Not read at present: silence about these means nothing"),
    )
    return tuple(
        Box(title=title, lines=tuple(one_line(line, 400) for line in lines), warning=True) for lines, title in boxes if lines
    )


def _overview(views: Sequence[StoryView], stories: int) -> Overview:
    rows = tuple((view.severity.capitalize(), one_line(view.label, 48), one_line(view.headline, 120)) for view in views)
    left = stories - len(rows)
    more = f"and {left:,} more" if left else ""
    return Overview(columns=("Rated", "Trial", "What changed"), rows=rows, more=more, severities=True)

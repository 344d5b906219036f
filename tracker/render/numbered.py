"""Messages that hold all they tell: what is too long for one goes on in numbered ones, with the whole list as files.

The weightiest stories are told in full. Where three messages do not suffice for that, those behind the first give headlines.
What is in no message and in no list is told by none: it stays for the next one.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from typing import Protocol

import msgspec

from tracker.model.alert import Attachment, Content
from tracker.model.event import Event, Story
from tracker.model.links import Registration
from tracker.model.record import TrialRecord
from tracker.render.introduction import Nearby
from tracker.render.lists import LIMIT, ChangeLists, Listed, change_lists

FULL_MESSAGES = 3
"""A message is told in full if it takes no more than so many."""

MOST_FULL = 200
"""Stories told in full in one message: no more fit, however short."""

MOST_BRIEF = 2000
_TRIES = 8
_FULL_ENOUGH = 0.9


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel takes: bytes of a message, how many messages at a time, bytes of lists that go along.

    ``body`` is counted as it is sent, text and HTML together; None is no limit. ``data``: the events themselves are sent,
    too, and count. ``chat``: the text is shown at a width that nobody knows.
    """

    body: int | None
    html: bool = True
    messages: int = 1
    lists: int = 0
    data: bool = False
    chat: bool = False


MAIL = Form(body=100_000, messages=8, lists=LIMIT)
"""From about 102 kB on, mail programs such as Gmail cut a message off and hide the footer, and with it how to stop them."""

CHAT = Form(body=20_000, html=False, messages=8, chat=True)
DATA = Form(body=500_000, html=False, messages=100, data=True)
"""Many receivers take a megabyte and no more."""

WHOLE = Form(body=None)
"""A file or a terminal: one message, however long."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One story to show: its events (at least one), weightiest first, the record as it stands now, and its watches.

    ``section`` is the heading it stands under where a digest is grouped, ``note`` what the reader's own file says of the trial.
    ``nearby`` stands for readers near a place, ``also`` are the trial's other registrations.
    """

    story: Story
    events: tuple[Event, ...]
    record: TrialRecord | None = None
    watches: tuple[str, ...] = ()
    source_title: str = ""
    section: str = ""
    note: str = ""
    nearby: Nearby | None = None
    also: tuple[Registration, ...] = ()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A story's place in a message: told in full or by its headlines."""

    entry: Entry
    full: bool


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Which of how many messages this is, how many changes the list that goes along with the first holds, how many wait."""

    number: int = 1
    count: int = 1
    listed: int = 0
    left: int = 0


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One message, and the events that it tells of: each stands in its text or in its lists."""

    content: Content
    events: tuple[str, ...]
    attachments: tuple[Attachment, ...] = ()


class Writer(Protocol):
    """Sets stories as a message; `title` names it and `timezone` is the reader's."""

    title: str
    timezone: tzinfo

    def write(self, items: Sequence[Item], place: Place, *, html: bool) -> Content:
        """The message of these stories."""

    def told(self, item: Item) -> tuple[str, ...]:
        """The events whose headline stands in the message."""


def parts(writer: Writer, entries: Sequence[Entry], form: Form) -> tuple[Part, ...]:
    """The messages in order, at least one. ``entries`` stand as they are to be read, weightiest first."""
    pages = _pages(writer, entries, form)
    told = [[key for item in page for key in _told(writer, item, form)] for page in pages]
    lists = _lists(writer, pages, entries, form)
    if lists is not None:
        in_bodies = {key for page in told for key in page}
        told[0] += sorted(lists.events - in_bodies)
    left = len({event.id for entry in entries for event in entry.events}) - len({key for page in told for key in page})
    listed = len(lists.events) if lists is not None else 0
    made = []
    for number, (page, events) in enumerate(zip(pages, told, strict=True), start=1):
        place = Place(number=number, count=len(pages), listed=listed, left=left)
        attachments = lists.attachments if lists is not None and number == 1 else ()
        content = writer.write(page, place, html=form.html)
        made.append(Part(content=content, events=tuple(dict.fromkeys(events)), attachments=attachments))
    return tuple(made)


def _told(writer: Writer, item: Item, form: Form) -> tuple[str, ...]:
    return tuple(event.id for event in item.entry.events) if form.data else writer.told(item)


def _lists(writer: Writer, pages: Sequence[Sequence[Item]], entries: Sequence[Entry], form: Form) -> ChangeLists | None:
    """The lists of all that is told in more than one message or not in full, and of what is told by them alone.

    A major change is never told by a list alone.
    """
    placed = [item for page in pages for item in page]
    keys = {event.id for item in placed for event in item.entry.events}
    beside = [entry for entry in entries if not _major(entry) and not keys.issuperset(event.id for event in entry.events)]
    if not form.lists or (len(pages) == 1 and not beside and all(item.full for item in placed)):
        return None

    def listed() -> Iterator[Listed]:
        for entry in (*(item.entry for item in placed), *beside):
            for event in entry.events:
                yield event, entry.watches

    return change_lists(writer.title, listed(), writer.timezone, form.lists)


def _pages(writer: Writer, entries: Sequence[Entry], form: Form) -> list[list[Item]]:
    """What stands in the body of each message."""
    if form.body is None:
        return [[Item(entry=entry, full=number < MOST_FULL) for number, entry in enumerate(entries)]]
    measure = _Measure(writer, form)
    pages, rest = _full_pages(measure, [Item(entry=entry, full=True) for entry in entries])
    if not rest:
        return pages or [[]]
    first = pages[0]
    behind = [msgspec.structs.replace(item, full=False) for item in (*(i for page in pages[1:] for i in page), *rest)]
    # Where a list goes along, only major changes begin messages of their own beyond the third.
    needed = [item for item in behind if not form.lists or _major(item.entry)]
    waiting = [*needed, *(item for item in behind if form.lists and not _major(item.entry))]
    pages, at = [first], 0
    while at < len(waiting) and len(pages) < form.messages and (at < len(needed) or len(pages) < FULL_MESSAGES):
        count = max(1, _fit(measure.later, waiting[at : at + MOST_BRIEF], form.body))
        pages.append(waiting[at : at + count])
        at += count
    return pages


def _full_pages(measure: _Measure, items: list[Item]) -> tuple[list[list[Item]], list[Item]]:
    """Messages that tell the stories in full, at most `FULL_MESSAGES`, and the stories behind them."""
    pages: list[list[Item]] = []
    while items and len(pages) < FULL_MESSAGES:
        size = measure.later if pages else measure.first
        count = _fit(size, items[:MOST_FULL], measure.limit)
        if count:
            pages.append(items[:count])
        items = items[count:] if count else [*_smaller(items[0]), *items[1:]]
    return pages, items


def _smaller(item: Item) -> list[Item]:
    """A story too long for a message of its own in halves; a single change as a headline."""
    events, middle = item.entry.events, len(item.entry.events) // 2
    if not middle:
        return [msgspec.structs.replace(item, full=False)]
    halves = (events[:middle], events[middle:])
    return [Item(entry=msgspec.structs.replace(item.entry, events=half), full=item.full) for half in halves]


def _major(entry: Entry) -> bool:
    return any(event.severity == "major" for event in entry.events)


def _fit(size: Callable[[Sequence[Item]], int], items: Sequence[Item], limit: int) -> int:
    """How many of the first items fit, nearly; each try goes by the size of the one before."""
    fits, too_many, count, tries = 0, len(items) + 1, min(len(items), 40), 0
    while too_many - fits > 1 and (tries < _TRIES or not fits):
        measured = size(items[:count])
        tries += 1
        if measured > limit:
            too_many = count
        else:
            fits = count
            if measured >= limit * _FULL_ENOUGH:
                break
        count = min(max(count * limit * 19 // (measured * 20), fits + 1), too_many - 1)
    return fits


class _Measure:
    """The size of a message as it is sent."""

    def __init__(self, writer: Writer, form: Form) -> None:
        self.writer, self.form = writer, form
        self.limit = form.body or 0

    def first(self, items: Sequence[Item]) -> int:
        """As the first of several."""
        return self._size(items, Place(number=1, count=self.form.messages, listed=999_999))

    def later(self, items: Sequence[Item]) -> int:
        """As one that goes on."""
        return self._size(items, Place(number=self.form.messages, count=self.form.messages, listed=999_999, left=999_999))

    def _size(self, items: Sequence[Item], place: Place) -> int:
        content = self.writer.write(items, place, html=self.form.html)
        if not self.form.html:
            return len(content.text.encode()) + (sum(map(_data, items)) if self.form.data else 0)
        return quoted_size(content.text) + quoted_size(content.html)


def quoted_size(text: str) -> int:
    """Bytes of a text in quoted-printable with the line ends of mail."""
    quoted = binascii.b2a_qp(text.encode())
    return len(quoted) + quoted.count(b"\n")


def _data(item: Item) -> int:
    return sum(len(msgspec.json.encode(event)) + 200 for event in item.entry.events)

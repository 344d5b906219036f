"""The change-log digest and the immediate alert: stories in, subject, text and HTML out.

Stories are grouped by severity, then by trial. What is too long for one message goes on in numbered ones (`numbered`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from tracker.model.alert import Content
from tracker.model.vocabulary import SEVERITIES, Severity, rank
from tracker.render import chat, kinds, markup, plain, times
from tracker.render.merging import one_row_a_date
from tracker.render.numbered import MAIL, Entry, Form, Item, Part, Place, parts
from tracker.render.page import Box, Overview, Page, Section, footer
from tracker.render.safe_text import one_line, plural
from tracker.render.story_view import BriefView, StoryView, brief_view, entry_anchor, folded_view, story_view
from tracker.render.vocabulary import first_capital

__all__ = ["DigestInput", "Entry", "alert", "digest"]

LONGEST_SUBJECT = 150
OVERVIEW_FROM = 4
"""From so many stories on, a table of them stands at the top."""

OVERVIEW_ROWS = 40
MOST_COUNTED = 3
"""Kinds of news that a subject counts; of more it counts one less, and the rest together."""

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
    of the entries in their order, none where they stand by severity. ``evidence``: in full. ``watches`` are those that the
    message is about; a digest's subject ends with them. ``stop`` is the address of the page that stops these messages,
    ``pages`` that of the site on which each story has a page; empty for none.
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
    watches: tuple[str, ...] = ()
    evidence: bool = False
    stop: str = ""
    pages: str = ""


def digest(given: DigestInput, form: Form = MAIL) -> tuple[Part, ...]:
    """The digest: a subject that counts its news, and the same text plain and in HTML."""
    writer = _Writer(given, form)
    return parts(writer, writer.entries, form)


def alert(given: DigestInput, form: Form = MAIL) -> tuple[Part, ...]:
    """An immediate message for one or more stories; the subject is the weightiest news and whose it is."""
    writer = _Writer(given, form, alert=True)
    return parts(writer, writer.entries, form)


class _Writer:
    """Sets stories of one digest or alert as messages. What was laid out once is kept: sizes are found by trying."""

    def __init__(self, given: DigestInput, form: Form, *, alert: bool = False) -> None:
        self._alert = alert
        self.given = msgspec.structs.replace(given, entries=tuple(_ordered(one_row_a_date(given.entries))))
        self.entries = self.given.entries
        self.title, self.timezone = one_line(given.title), times.zone(given.timezone)
        self._everything = not form.lists
        self._text = chat.text if form.chat else plain.text
        self._full: dict[tuple[str, ...], StoryView] = {}
        self._brief: dict[tuple[str, ...], BriefView] = {}
        self._leading = self._first_of_each_trial()

    def write(self, items: Sequence[Item], place: Place, *, html: bool) -> Content:
        """The message of these stories."""
        page = self._page(items, place)
        return Content(subject=page.subject, text=self._text(page), html=markup.html(page) if html else "")

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
                nearby=item.entry.nearby,
                fold=True,
                year=self.given.until.astimezone(self.timezone).year,
                pages=self.given.pages,
                also=item.entry.also,
            )
        return self._full[key]

    def _first_of_each_trial(self) -> list[StoryView]:
        """The rows of the overview: each trial by its weightiest story."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if len(found) == OVERVIEW_ROWS:
                break
            found.setdefault(entry.story.trial, entry)
        return [self._view(Item(entry=entry, full=True)) for entry in found.values()]

    def _brief_view(self, item: Item) -> BriefView:
        key = tuple(event.id for event in item.entry.events)
        if key not in self._brief:
            self._brief[key] = brief_view(item.entry.story, item.entry.events, everything=self._everything)
        return self._brief[key]

    def _page(self, items: Sequence[Item], place: Place) -> Page:
        given, first = self.given, place.number == 1
        told = given.entries if first else tuple(item.entry for item in items)
        subject = _subject(given, told, self._view(items[0]) if items else None, alert=self._alert)
        long = len(items) >= OVERVIEW_FROM or place.count > 1
        numbered = f" ({place.number}/{place.count})" if place.count > 1 else ""
        return Page(
            subject=one_line(subject, LONGEST_SUBJECT - len(numbered)) + numbered,
            heading=_news_of(told) if self._alert and told else self.title,
            facts=_facts(given) + (f" · message {place.number} of {place.count}" if numbered else ""),
            preview=one_line("; ".join(f"{view.headline}: {view.label}" for view in self._leading[:3]), 200),
            warnings=_warnings(given) if first else (),
            overview=_overview(self._leading, given.entries, items) if first and long else None,
            sections=self._sections(items),
            paragraphs=() if given.entries or given.held or given.unread else (_nothing(given),),
            closing=_closing(place),
            notes=_notes(given) if first else (),
            evidence=given.evidence,
            footer=footer(
                why=given.why,
                channel=given.channel,
                contact=given.contact,
                sources=given.attributions,
                timezone=given.timezone,
                stop=given.stop,
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
        folded = [item for item in items if item.full and item.entry.story.severity == "minor" and not self._alert]
        return Section(
            title=title,
            severity=None if self.given.sections else items[0].entry.story.severity,
            stories=tuple(self._view(item) for item in items if item.full and item not in folded),
            briefs=(*_folded(folded), *(self._brief_view(item) for item in items if not item.full)),
        )


def _folded(items: Sequence[Item]) -> Iterator[BriefView]:
    """One line a trial."""
    trials: dict[str, list[Entry]] = {}
    for item in items:
        trials.setdefault(item.entry.story.trial, []).append(item.entry)
    for entries in trials.values():
        yield folded_view([(entry.story, entry.events) for entry in entries])


def _subject(given: DigestInput, told: Sequence[Entry], leading: StoryView | None, *, alert: bool) -> str:
    """The news first, then whose it is: a telephone shows forty characters."""
    if alert and leading is not None:
        return _alert_subject(told, leading)
    waiting = (f"{len(given.held)} held" if given.held else "", "some trials not read" if given.unread else "")
    held = ", ".join(filter(None, waiting))
    about = f": {_named(given.watches)}" if given.watches else ""
    if not told:
        quiet = f"Nothing beyond {_sent_immediately(given)} told at once" if given.sent_immediately else "No changes"
        return f"{held or quiet}{about or f': {given.title}'}"
    tally = _tally(told)
    noted = f" ({held})" if held else ""
    return one_line(tally, LONGEST_SUBJECT - len(noted) - min(len(about), 60)) + noted + about


def _alert_subject(told: Sequence[Entry], leading: StoryView) -> str:
    others = len({entry.story.trial for entry in told}) - 1
    more = f" and {others:,} more" if others else ""
    label = one_line(leading.label, 60)
    named = label if leading.number in label else f"{label} ({leading.number})"
    return one_line(f"{leading.news}: {named}", LONGEST_SUBJECT - len(more)) + more


def _news_of(told: Sequence[Entry]) -> str:
    """An alert's own heading: the news of its trial, or how many trials have which."""
    if len({entry.story.trial for entry in told}) == 1:
        return kinds.story_news(told[0].events)
    return first_capital(_tally(told))


def _tally(told: Sequence[Entry]) -> str:
    """``2 now recruiting, 1 results posted, 5 more``: trials, each counted once by its weightiest story."""
    news: dict[str, str] = {}
    matter: dict[str, tuple[int, int]] = {}
    for entry in told:
        if entry.story.trial not in news:
            words = news[entry.story.trial] = kinds.story_tally(entry.events)
            matter.setdefault(words, (-rank(entry.story.severity), kinds.matter(entry.story, entry.events)))
    counted = Counter(news.values())
    named = sorted(counted, key=lambda words: (matter[words], -counted[words]))
    if len(named) > MOST_COUNTED:
        named = named[: MOST_COUNTED - 1]
    parts = [kinds.counted(counted[words], words) for words in named]
    left = len(news) - sum(counted[words] for words in named)
    return ", ".join([*parts, f"{left:,} more"] if left else parts)


def _named(watches: Sequence[str]) -> str:
    """The names of the watches; of more than two the first and how many more."""
    names = [one_line(name, 40) for name in watches]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} more watches"


def _counted(given: DigestInput) -> str:
    changes = sum(len(entry.events) for entry in given.entries)
    return f"{plural(changes, 'change')} in {plural(len({entry.story.trial for entry in given.entries}), 'trial')}"


def _ordered(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Weightiest severity first, then the kinds that matter most; a trial's stories stand together. Long ones in pieces."""
    place = {id(entry): kinds.matter(entry.story, entry.events) for entry in entries}
    best: dict[tuple[Severity, str], tuple[int, int]] = {}
    for position, entry in enumerate(entries):
        key = (entry.story.severity, entry.story.trial)
        best[key] = min(best.get(key, (place[id(entry)], position)), (place[id(entry)], position))
    order = sorted(
        entries,
        key=lambda one: (-rank(one.story.severity), best[one.story.severity, one.story.trial], place[id(one)]),
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


def _overview(views: Sequence[StoryView], entries: Sequence[Entry], items: Sequence[Item]) -> Overview:
    """One row a trial, which leads to its card where that stands in this message."""
    here = {entry_anchor(item.entry.events) for item in items}
    rows = tuple((view.severity.capitalize(), view.news, one_line(view.label, 48)) for view in views)
    left = len({entry.story.trial for entry in entries}) - len(rows)
    return Overview(
        columns=("Rated", "What changed", "Trial"),
        rows=rows,
        links=tuple(f"#{view.anchor}" if view.anchor in here else "" for view in views),
        more=f"and {plural(left, 'more trial', 'more trials')}" if left else "",
    )

"""Messages that are no change: the welcome with the present, the operator's notices, the channel test."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime, tzinfo
from math import inf

import msgspec

from tracker.model.alert import Content
from tracker.model.ids import split_key
from tracker.model.views import PresentRow
from tracker.model.vocabulary import OPEN_STATUSES
from tracker.model.watch import PausedSending, Sending
from tracker.render import chat, markup, plain, times
from tracker.render.numbered import MAIL, Form
from tracker.render.page import Box, Listed, Listing, Page, footer
from tracker.render.safe_text import one_line, plural, web_link
from tracker.render.tables import PresentLine

WELCOME_ROWS = 40
"""So many trials are shown at most: a telephone's reader gets to the end."""

MISSED_ROWS = 200
LONGEST_SUBJECT = 150

_SEVERITIES = (
    "Major: you would want to know today. A trial opens, stops or posts results; a primary outcome changes.",
    "Notable: worth reading this week. A date slips, enrolment or eligibility changes.",
    "Minor: upkeep of the record. Wording, references, contacts.",
)
_NUMBERS = 20


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as a welcome shows it; ``recruiting`` and ``within`` the reader's radius, ``km`` away, decide its place."""

    trial: str
    name: str
    address: str
    line: str
    recruiting: bool = False
    within: bool = False
    km: float | None = None


def standing(row: PresentRow, words: PresentLine) -> Standing:
    """A row of the present for a welcome."""
    completion = row.primary_completion_date
    number = split_key(row.trial).number
    facts = (
        words.recruitment_status or "status not stated",
        f"primary completion {times.registry_day(completion.date)}" if completion else "",
        words.nearest,
    )
    return Standing(
        trial=row.trial,
        name=one_line(f"{words.name} ({number})" if words.name and number not in words.name else words.name or number),
        address=web_link(row.url),
        line=" · ".join(fact for fact in facts if fact),
        recruiting=row.recruitment_status in OPEN_STATUSES and row.removed_at is None,
        within=row.nearest is not None and row.nearest.within,
        km=row.nearest.km if row.nearest else None,
    )


class WelcomeInput(msgspec.Struct, frozen=True, kw_only=True):
    """The present of one watch at its start.

    ``recruiting`` and ``nearby`` are counts; ``near`` says what nearby means ("100 km of 80331 München"), empty for
    none. ``hears`` are finished sentences on what is told and when; ``already`` such on
    what is already true (results overdue, dates passed) and will therefore not be told as news.
    """

    watch: str
    channel: str
    rows: tuple[Standing, ...]
    recruiting: int
    near: str = ""
    nearby: int = 0
    hears: tuple[str, ...] = ()
    stop: str = ""
    already: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    contact: str = ""
    at: datetime
    timezone: str = "UTC"


def welcome(given: WelcomeInput, form: Form = MAIL) -> Content:
    """The one-off message after a watch's first sync: what is followed now, and what will be told."""
    near = f", {given.nearby:,} within {given.near}" if given.near else ""
    counted = f"{plural(len(given.rows), 'trial')}, {given.recruiting:,} recruiting{one_line(near)}"
    notes = []
    if given.hears:
        notes.append(Box(title="What you will hear, and when", lines=tuple(one_line(line) for line in given.hears)))
        notes.append(Box(title="What the words mean", lines=_SEVERITIES))
    if given.already:
        lines = tuple(one_line(line) for line in given.already)
        notes.append(Box(title="Already so today, and therefore no news", lines=lines))
    page = Page(
        subject=one_line(f"Now following “{given.watch}”: {counted}", LONGEST_SUBJECT),
        heading=f"Now following “{one_line(given.watch)}”",
        facts=f"{times.day(given.at, times.zone(given.timezone))} · {counted}",
        preview=counted,
        paragraphs=("Below is how the registry records stand today. From now on you are told what changes in them.",),
        listing=_present(given.rows),
        notes=tuple(notes),
        footer=footer(
            why=(f"Watch “{given.watch}” is new and sends to “{given.channel}”.",),
            channel=given.channel,
            contact=given.contact,
            sources=given.attributions,
            timezone=given.timezone,
            stop=given.stop,
        ),
    )
    return _content(page, form)


def sending_name(sending: Sending) -> str:
    """A series of messages as people call it."""
    series = {"immediate": "alerts", "daily": "daily digest", "weekly": "weekly digest"}[sending.when]
    return f"{series} of “{one_line(sending.watch)}”" if sending.watch else series


def paused(found: PausedSending, zone: tzinfo) -> str:
    """A sending that is stopped, or was: a sentence for digests, lists and pages."""
    what = f"The {sending_name(found.sending)} to “{one_line(found.sending.channel)}”"
    verb = "are" if found.sending.when == "immediate" else "is"
    since = times.day(found.since, zone)
    if found.until is None:
        return f"{what} {verb} paused since {since}: `{resume_command(found.sending)}` takes it up again."
    was = "were" if verb == "are" else "was"
    return (
        f"{what} {was} paused from {since} to {times.day(found.until, zone)}: "
        "what changed in between stands in the change log and is not told here."
    )


def resume_command(sending: Sending) -> str:
    """The command that takes a stopped sending up again."""
    watch = f" --watch {shlex.quote(sending.watch)}" if sending.watch else ""
    return f"tracker resume {shlex.quote(sending.channel)} --when {sending.when}{watch}"


def about_watches(watches: Sequence[str]) -> str:
    """Of which watches a series of messages tells."""
    if not watches:
        return "No watch sends such messages at present."
    names = ", ".join(f"“{one_line(name)}”" for name in watches)
    return f"It told of the {'watch' if len(watches) == 1 else 'watches'} {names}."


def stopped(
    sending: Sending, watches: Sequence[str], *, at: datetime, timezone: str, contact: str, form: Form = MAIL
) -> Content:
    """To a reader who has stopped a series of messages: that it is so, and how it comes back."""
    name = sending_name(sending)
    page = Page(
        subject=f"Stopped: {name}",
        heading=f"Stopped: {name}",
        facts=times.moment(at, times.zone(timezone)),
        preview="You get no more of these messages.",
        paragraphs=(
            f"You get no more of the {name} of the trial tracker. This was asked for by the link in one of them.",
            about_watches(watches),
            "Nothing is lost: changes are kept in the change log. What else you get of the tracker goes on.",
        ),
        commands=(("Whoever runs the tracker can take it up again:", resume_command(sending)),),
        footer=footer(channel="", contact=contact, timezone=timezone, disclaimer=""),
    )
    return _content(page, form)


def operator(
    *,
    subject: str,
    sentences: Sequence[str],
    readers: str = "",
    command: tuple[str, str] | None = None,
    channel: str,
    at: datetime,
    timezone: str = "UTC",
    form: Form = MAIL,
) -> Content:
    """To the operator: what happened, in sentences, what it means for the readers, and the one command to type."""
    told = [sentence for sentence in sentences if sentence.rstrip(".") != subject.rstrip(".")]  # the heading says it already
    said = (*told, f"For the readers: {readers}") if readers else tuple(told)
    page = Page(
        subject=one_line(f"Trial tracker: {subject}", LONGEST_SUBJECT),
        heading=one_line(subject),
        facts=f"To the operator · {times.moment(at, times.zone(timezone))}",
        preview=one_line(" ".join(sentences), 200),
        paragraphs=tuple(one_line(sentence) for sentence in said),
        commands=((one_line(command[0]), one_line(command[1])),) if command else (),
        footer=footer(
            why=(f"Channel “{channel}” stands under [operator] in config.toml.",),
            channel="",
            contact="",
            timezone=timezone,
            disclaimer="",
        ),
    )
    return _content(page, form)


def missed(
    channel: str, lost: Sequence[tuple[str, datetime]], *, at: datetime, timezone: str, contact: str, form: Form = MAIL
) -> Content:
    """To a channel that takes messages again: the subject and time of each message that was given up meanwhile."""
    zone = times.zone(timezone)
    lines = tuple(f"{times.moment(made, zone)}: {one_line(subject)}" for subject, made in lost[:MISSED_ROWS])
    lines += (f"and {len(lost) - MISSED_ROWS:,} earlier or later ones",) if len(lost) > MISSED_ROWS else ()
    count = plural(len(lost), "message")
    page = Page(
        subject=one_line(f"You missed {count}", LONGEST_SUBJECT),
        heading=f"You missed {count}",
        facts=f"Channel “{one_line(channel)}” · {times.moment(at, zone)}",
        preview=one_line("; ".join(subject for subject, _ in lost[:3]), 200),
        paragraphs=("This channel did not take what is named here, and it was given up. The changes stand in the change log.",),
        commands=(("Whoever runs the tracker can have all of it sent after all:", "tracker outbox retry"),),
        notes=(Box(title="Not received", lines=lines),),
        footer=footer(channel="", contact=contact, timezone=timezone, disclaimer=""),
    )
    return _content(page, form)


def set_aside(trials: Sequence[str], *, channel: str, why: str, at: datetime, timezone: str, form: Form = MAIL) -> Content:
    """What stands in the outbox in place of a message that could not be written: which trials changed, and why no more."""
    numbers = tuple(one_line(split_key(trial).number) for trial in trials)
    shown = ", ".join(numbers[:_NUMBERS]) + (f" and {len(numbers) - _NUMBERS:,} more" if len(numbers) > _NUMBERS else "")
    page = Page(
        subject=one_line(f"Changes that could not be written out: {shown}", LONGEST_SUBJECT),
        heading="Changes that could not be written out",
        facts=times.moment(at, times.zone(timezone)),
        paragraphs=(
            f"What changed could not be put into words: {shown}. Please open the records.",
            one_line(why, 300),
        ),
        footer=footer(channel=channel, contact="", timezone=timezone),
    )
    return _content(page, form)


def test_message(channel: str, *, at: datetime, timezone: str, form: Form) -> Content:
    """What ``channel test`` sends: proof that the way is open, and nothing more."""
    page = Page(
        subject=one_line(f"Trial tracker: test of channel “{channel}”", LONGEST_SUBJECT),
        heading="The channel works",
        facts=f"Channel “{one_line(channel)}” · {times.moment(at, times.zone(timezone))}",
        paragraphs=("This message was asked for with tracker channel test. No trial changed.",),
        footer=footer(channel="", contact="", disclaimer=""),
    )
    return _content(page, form)


def _content(page: Page, form: Form) -> Content:
    return Content(subject=page.subject, text=chat.text(page) if form.chat else plain.text(page), html=markup.html(page))


def _present(rows: Sequence[Standing]) -> Listing | None:
    """The trials of a welcome: those that recruit near the reader first, then those that recruit, then the near ones."""
    if not rows:
        return None
    order = sorted(rows, key=lambda row: (not (row.recruiting and row.within), not row.recruiting, not row.within, _far(row)))
    shown = tuple(Listed(name=row.name, address=row.address, line=row.line) for row in order[:WELCOME_ROWS])
    left = len(rows) - len(shown)
    return Listing(title="The trials today", rows=shown, more=f"and {left:,} more: `tracker list`" if left else "")


def _far(row: Standing) -> float:
    return inf if row.km is None else row.km

"""What messages say: looks up in the archive what a message needs beside its events, and has it rendered."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tracker.archive import Archive, Names
from tracker.archive.names import OwnWords
from tracker.config import Settings
from tracker.config.settings import DAYS
from tracker.deliver import operator_messages
from tracker.deliver.channels import form_for
from tracker.deliver.messages import numbered_messages
from tracker.events import already_true
from tracker.model.alert import Content, Message
from tracker.model.deadline import Deadline
from tracker.model.event import Event, EventFilter, Story
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.run import Run
from tracker.model.upkeep import Incident
from tracker.model.vocabulary import OPEN_STATUSES, SEVERITIES, rank
from tracker.model.watch import Send, Watch
from tracker.render import digest as pages
from tracker.render import kinds, notices, times
from tracker.render.introduction import Nearby, NearbySite
from tracker.render.numbered import WHOLE, Form, Part
from tracker.render.tables import present_line
from tracker.render.vocabulary import first_capital

Wanted = Mapping[str, tuple[Event, tuple[str, ...]]]
"""Event id -> the event and the watches that wanted it."""

_WHEN = {"immediate": "at once", "daily": "in the daily digest", "weekly": "in the weekly digest"}
_FROM = {"minor": "every change", "notable": "notable and major changes", "major": "major changes"}

MOST_DESCRIBED = 200
"""Trials whose record is read for one message: those of its weightiest stories. No message has room for more stories; of the
rest it gives only the number."""


class Composer:
    """Writes messages for one configuration from one archive."""

    def __init__(self, settings: Settings, archive: Archive) -> None:
        self.settings, self.archive = settings, archive
        self._watches = {watch.name: watch for watch in settings.watches}

    def alert(self, channel: str, wanted: Wanted, now: datetime, *, alone: str = "", stop: str = "") -> tuple[Part, ...]:
        """An immediate message, and those in which it goes on; ``alone`` names the one watch that it is of.

        ``stop`` is the address of the page that stops such messages.
        """
        return pages.alert(self._input(channel, wanted, now, cadence="immediate", alone=alone, stop=stop), self._form(channel))

    def digest(
        self,
        channel: str,
        wanted: Wanted,
        now: datetime,
        *,
        cadence: str,
        notes: Sequence[str] = (),
        since: datetime | None = None,
        watches: Sequence[str] | None = None,
        alone: str = "",
        sent_immediately: int = 0,
        stop: str = "",
        whole: bool = False,
    ) -> tuple[Part, ...]:
        """A digest; it says which runs are held and what cannot be read, so that silence never passes for "no changes".

        It is about ``watches``: by default those that send to the channel; ``alone`` names the one that it is of.
        ``sent_immediately`` is how many changes the channel was told of in immediate messages since then. ``whole``: in one
        part, however long.
        """
        health = self.archive.health()
        held = tuple(self._held(run) for run in health.held_runs)
        held += tuple(f"{one.message}." for one in health.incidents if one.name.startswith(operator_messages.DOUBTED))
        unread = tuple(self._unread(one) for one in health.incidents if one.name.startswith(("source:", "trials:")))
        given = self._input(channel, wanted, now, cadence=cadence, about=watches, alone=alone, stop=stop)
        return pages.digest(
            msgspec.structs.replace(
                given,
                sections=self._sections(given.entries),
                notes=tuple(notes),
                held=held,
                unread=unread,
                since=since,
                sent_immediately=sent_immediately,
            ),
            WHOLE if whole else self._form(channel),
        )

    def on_request(self, channel: str, now: datetime, *, since: datetime, watch: str | None = None) -> list[Message]:
        """A digest of a time span, for whoever asks: of all watches or of one. Without a ``channel`` it is one message."""
        found = {event.id: event for event in self.archive.changes(EventFilter(since=since, watch=watch))}
        following = self.archive.watches_of({event.trial for event in found.values()})
        wanted = {
            key: (event, tuple(name for name in following[event.trial] if watch in (None, name)))
            for key, event in found.items()
        }
        watches = [watch] if watch else list(self._watches)
        parts = self.digest(channel, wanted, now, cadence="on request", since=since, watches=watches, whole=not channel)
        key = f"digest:{channel}:on-request:{now.isoformat()}"
        return numbered_messages(self.settings, key, channel, "digest", parts, now)

    def welcome(self, watch: Watch, channel: str, now: datetime, stop: str = "") -> Content | None:
        """The one-off message after a watch's first sync; None while none of its trials has been read."""
        named = dataclasses.replace(self.archive, watches=(watch,))
        near, today = watch.near, now.astimezone(UTC).date()
        rows: list[notices.Standing] = []
        already: list[Deadline] = []
        recruiting = nearby = 0
        for found in named.current(watch=watch.name):
            row = named.present_row(found, near)
            rows.append(notices.standing(row, present_line(row)))
            already.extend(already_true(found.record, self.archive.sources[found.trial.source].info, today))
            recruiting += row.recruitment_status in OPEN_STATUSES
            nearby += bool(row.nearest and row.nearest.within)
        if not rows:
            return None
        return notices.welcome(
            notices.WelcomeInput(
                watch=watch.name,
                channel=channel,
                rows=tuple(rows),
                recruiting=recruiting,
                near=f"{near.km:g} km of {near.place}" if near else "",
                nearby=nearby,
                already=kinds.already_true(already),
                hears=self._hears(watch, channel),
                stop=stop,
                at=now,
                timezone=self.settings.digest.timezone,
                attributions=self._attributions(self.archive.followed_sources([watch.name])),
                contact=self.settings.contact_for(channel),
            ),
            self._form(channel),
        )

    def _hears(self, watch: Watch, channel: str) -> tuple[str, ...]:
        """What is told and when, one sentence for each sending of the watch to the channel."""
        digest = self.settings.digest
        named = "every day" if len(digest.days) == len(DAYS) else ", ".join(day.capitalize() for day in digest.days)
        when = {
            "immediate": "at once, when the tracker next looks at the registry",
            "daily": f"in the digest, {named} at {digest.at:%H:%M} ({digest.timezone})",
            "weekly": f"in the weekly digest, {digest.weekly_on.capitalize()} at {digest.at:%H:%M} ({digest.timezone})",
        }
        sends = [send for send in watch.send if send.to == channel]
        told = [f"{first_capital(_beside(send, sends))}: {when[send.when]}." for send in sends]
        if watch.kinds:
            titles = [kinds.kind_title(kind).lower() for kind in sorted(watch.kinds)]
            told.append(f"Only of these: {', '.join(titles)}.")
        told.append("`tracker run` looks and sends by itself; without it, each `tracker sync` does, by hand or from cron.")
        return tuple(told)

    def _form(self, name: str) -> Form:
        return form_for(self.settings, name)

    def _input(
        self,
        channel: str,
        wanted: Wanted,
        now: datetime,
        *,
        cadence: str,
        about: Sequence[str] | None = None,
        alone: str = "",
        stop: str = "",
    ) -> pages.DigestInput:
        about = self._watches_of(channel) if about is None else about
        watches = sorted({watch for _, names in wanted.values() for watch in names}) or about
        return pages.DigestInput(
            title=f"Trial registry changes, {alone}" if alone else "Trial registry changes",
            channel=channel,
            entries=tuple(self._entries(wanted)),
            followed=self.archive.count_followed(about),
            until=now,
            timezone=self.settings.digest.timezone,
            cadence=cadence,
            attributions=self._attributions(
                frozenset(split_key(event.trial).source for event, _ in wanted.values())
                or self.archive.followed_sources(watches)
            ),
            why=self._why(channel, watches),
            watches=tuple(watches),
            evidence=self.settings.digest.evidence == "full",
            stop=stop,
            pages=self.settings.web.url,
            contact=self.settings.contact_for(channel),
        )

    def _entries(self, wanted: Wanted) -> list[pages.Entry]:
        by_story: dict[str, list[str]] = defaultdict(list)
        for event, _ in wanted.values():
            by_story[_story_of(event, wanted)].append(event.id)
        stories = self.archive.stories(by_story.keys())
        described = weightiest_trials(stories[story_id] for story_id in by_story)
        now_known = {found.record.trial: found.record for found in self.archive.records(described)}
        linked = self.archive.registrations(now_known)
        entries = []
        for story_id, ids in by_story.items():
            story = stories[story_id]
            # What takes the story back was found later: it stands behind the story's own parts.
            shown = (*(part for part in story.parts if part in ids), *(one for one in ids if one not in story.parts))
            source = self.archive.sources.get(split_key(story.trial).source)
            watches = tuple(sorted({name for event_id in shown for name in wanted[event_id][1]}))
            record = now_known.get(story.trial)
            own = self._own_words(story.trial, record, watches)
            entries.append(
                pages.Entry(
                    story=msgspec.structs.replace(story, parts=shown),
                    events=tuple(wanted[event_id][0] for event_id in shown),
                    record=record,
                    watches=watches,
                    section=self._section(own.group, watches),
                    note=own.note,
                    also=linked.get(story.trial, ()),
                    source_title=source.info.title if source else "",
                    nearby=self._nearby(record, watches, source.info.contact_page if source else ""),
                )
            )
        return entries

    def _own_words(self, trial: str, record: TrialRecord | None, watches: Collection[str]) -> OwnWords:
        """What the owners of these watches say of a trial: nobody sees the notes of a watch that is another reader's."""
        told_to = [watch for watch in self.settings.watches if watch.name in watches]
        return Names(told_to, self.archive.sources).own_words(trial, record)

    def _section(self, group: str, watches: Collection[str]) -> str:
        match self.settings.digest.group:
            case "watch":
                return next((watch.name for watch in self.settings.watches if watch.name in watches), "")
            case "group":
                return group
            case _:
                return ""

    def _sections(self, entries: Iterable[pages.Entry]) -> tuple[str, ...]:
        """The sections of a digest in the order of the configuration and of its files; what has none comes last."""
        if self.settings.digest.group == "severity":
            return ()
        used = {entry.section for entry in entries}
        names = (watch.name for watch in self.settings.watches)
        groups = (group for watch in self.settings.watches for group in watch.groups.values())
        order = dict.fromkeys(names if self.settings.digest.group == "watch" else groups)
        return (*(section for section in order if section in used), *([""] if "" in used else []))

    def _nearby(self, record: TrialRecord | None, watches: Sequence[str], contact_page: str) -> Nearby | None:
        """What a reader near a place wants to know of a trial; None without a place."""
        sites = None if record is None else self.archive.open_nearby(record, watches)
        if record is None or sites is None:
            return None
        return Nearby(
            sites=tuple(NearbySite(city=site.place, km=site.km, in_city=site.in_city) for site in sites),
            contact=contact_page.format(number=split_key(record.trial).number) or record.url or "",
        )

    def _held(self, run: Run) -> str:
        return f"Run {run.id} of {self.archive.source_title(run.source)} is held: {run.verdict.sick}"

    def _unread(self, incident: Incident) -> str:
        """What cannot be read and since when; why a source cannot is the operator's to know."""
        if not incident.name.startswith("source:"):
            return incident.message
        since = times.day(incident.since, times.zone(self.settings.digest.timezone))
        what = incident.message.partition(": ")[0].rstrip(".")
        return f"{what}; this began on {since}. What changes meanwhile is told once it can be read again."

    def _watches_of(self, channel: str) -> list[str]:
        return [watch.name for watch in self.settings.watches if any(send.to == channel for send in watch.send)]

    def _attributions(self, keys: frozenset[str]) -> tuple[str, ...]:
        """Source and data date, which the registries ask for wherever their records are repeated."""
        states = self.archive.source_states()
        lines = []
        for key in sorted(keys & self.archive.sources.keys()):
            state = states.get(key)
            dated = state.data_date or state.accepted_at.date().isoformat() if state else None
            info = self.archive.sources[key].info
            lines.append((info.attribution or info.title) + (f", data of {times.registry_day(dated)}" if dated else ""))
        return tuple(lines)

    def _why(self, channel: str, watches: Sequence[str]) -> tuple[str, ...]:
        return tuple(
            f"Watch “{name}” sends {_FROM[send.min_severity]} {_WHEN[send.when]} to “{channel}”."
            for name in watches
            if name in self._watches
            for send in self._watches[name].send
            if send.to == channel
        )


def _beside(send: Send, sends: Sequence[Send]) -> str:
    """What a sending tells beside the others to its channel: a digest leaves out what is told at once."""
    at_once = [rank(one.min_severity) for one in sends if one.when == "immediate" and one.separate == send.separate]
    least, most = rank(send.min_severity), min(at_once, default=len(SEVERITIES))
    if send.when == "immediate" or most == len(SEVERITIES) or least >= most:
        return _FROM[send.min_severity]
    return f"{' and '.join(reversed(SEVERITIES[least:most]))} changes"


def _story_of(event: Event, wanted: Wanted) -> str:
    """The story that an event is told in: that of what it takes back, if nobody has heard of that before this message.

    What it takes back may itself have taken another back: a value that goes to and fro is one story.
    """
    back = event.details.changed_back
    taken = () if back is None or back.told else (wanted[key][0] for key in back.events if key in wanted)
    return next((_story_of(earlier, wanted) for earlier in taken), event.story)


def weightiest_trials(stories: Iterable[Story]) -> list[str]:
    """The trials whose stories stand first in a message, at most `MOST_DESCRIBED`."""
    by_weight = sorted(stories, key=lambda story: -rank(story.severity))
    return list(dict.fromkeys(story.trial for story in by_weight))[:MOST_DESCRIBED]

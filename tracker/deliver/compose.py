"""From what is to be told to the messages that tell it: looks up what a message needs beside its events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tracker import records
from tracker.config import Settings
from tracker.deliver.channels import mail_domain
from tracker.events import already_true
from tracker.model.alert import Content, Message, MessageKind
from tracker.model.event import Event, Story
from tracker.model.run import Run
from tracker.model.source import Source
from tracker.model.vocabulary import OPEN_STATUSES, rank
from tracker.model.watch import Watch
from tracker.render import digest as pages
from tracker.render import kinds, mail, notices
from tracker.render.tables import present_rows
from tracker.store import Store

Wanted = Mapping[str, tuple[Event, tuple[str, ...]]]
"""Event id -> the event and the watches that wanted it."""

_WHEN = {"immediate": "at once", "daily": "in the daily digest", "weekly": "in the weekly digest"}
_FROM = {"minor": "every change", "notable": "notable and major changes", "major": "major changes"}

MOST_DESCRIBED = 200
"""Trials whose record is read for one message: those of its weightiest stories. No message has room for as many stories, and
of the others it gives but the number."""


def make_message(settings: Settings, key: str, channel: str, kind: MessageKind, content: Content, now: datetime) -> Message:
    """An outbox entry; its Message-ID derives from its key, so that a repeated sending can be recognised."""
    return Message(
        key=key,
        channel=channel,
        kind=kind,
        subject=content.subject,
        text=content.text,
        html=content.html,
        message_id=mail.message_id(key, mail_domain(settings)),
        created_at=now,
    )


class Composer:
    """Writes messages for one configuration and database."""

    def __init__(self, settings: Settings, store: Store, sources: Mapping[str, Source]) -> None:
        self.settings, self.store, self.sources = settings, store, sources
        self._watches = {watch.name: watch for watch in settings.watches}

    def alert(self, channel: str, wanted: Wanted, now: datetime) -> Content:
        """An immediate message."""
        return pages.alert(self._input(channel, wanted, now, cadence="immediate"))

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
        told_at_once: int = 0,
    ) -> Content:
        """A digest; it says which runs are held and what cannot be read, so that silence never passes for "no changes".

        It is about ``watches``: by default those that send to the channel. ``told_at_once`` is how many changes the channel
        heard of in immediate messages since then.
        """
        held = tuple(self._held(run) for run in self.store.held_runs())
        unread = tuple(
            trouble.message
            for trouble in self.store.incidents()
            if trouble.ended_at is None and trouble.name.startswith(("source:", "trials:"))
        )
        given = self._input(channel, wanted, now, cadence=cadence, about=watches)
        return pages.digest(
            msgspec.structs.replace(given, notes=tuple(notes), held=held, unread=unread, since=since, told_at_once=told_at_once)
        )

    def welcome(self, watch: Watch, channel: str, now: datetime) -> Content | None:
        """The one-off message after a watch's first sync; None while none of its trials has been read."""
        trials = [member.trial for member in self.store.memberships() if member.watch == watch.name]
        current = list(records.current(self.store, self.sources, trials))
        known = [record for _, record in current]
        if not known:
            return None
        today = now.astimezone(UTC).date()
        near = watch.near
        nearest = {record.trial: place for record in known if (place := records.nearest_site(record, near))}
        return notices.welcome(
            notices.WelcomeInput(
                watch=watch.name,
                channel=channel,
                rows=present_rows(known, labels=records.labels([watch], self.sources, known), nearest=nearest),
                recruiting=sum(record.recruitment_status in OPEN_STATUSES for record in known),
                near=f"{near.km:g} km of {near.place}" if near else "",
                nearby=sum(place.km <= near.km for place in nearest.values()) if near else 0,
                already=kinds.already_true(
                    row for trial, record in current for row in already_true(record, self.sources[trial.source].info, today)
                ),
                hears=tuple(f"{_FROM[send.min_severity]}: {_WHEN[send.when]}" for send in watch.send if send.to == channel),
                at=now,
                timezone=self.settings.digest.timezone,
                attributions=self._attributions({trial.partition(":")[0] for trial in trials}),
                contact=self.settings.http.contact or "",
            )
        )

    def held_run(self, run: Run, channel: str, now: datetime) -> Content:
        """To the operator: a run is held, why, and what to do."""
        title = self.sources[run.source].info.title if run.source in self.sources else run.source
        return notices.held_run(run, source_title=title, channel=channel, at=now, timezone=self.settings.digest.timezone)

    def _input(
        self, channel: str, wanted: Wanted, now: datetime, *, cadence: str, about: Sequence[str] | None = None
    ) -> pages.DigestInput:
        about = self._watches_of(channel) if about is None else about
        watches = sorted({watch for _, names in wanted.values() for watch in names}) or about
        return pages.DigestInput(
            title="Trial registry changes",
            channel=channel,
            entries=tuple(self._entries(wanted)),
            followed=len({member.trial for member in self.store.memberships() if member.watch in about}),
            until=now,
            timezone=self.settings.digest.timezone,
            cadence=cadence,
            attributions=self._attributions(
                {event.trial.partition(":")[0] for event, _ in wanted.values()}
                or {member.trial.partition(":")[0] for member in self.store.memberships() if member.watch in watches}
            ),
            why=self._why(channel, watches),
            contact=self.settings.http.contact or "",
        )

    def _entries(self, wanted: Wanted) -> list[pages.Entry]:
        by_story: dict[str, list[str]] = defaultdict(list)
        for event, _ in wanted.values():
            by_story[event.story].append(event.id)
        stories = self.store.stories(sorted(by_story))
        described = weightiest_trials(stories[story_id] for story_id in by_story)
        now_known = {known.key: record for known, record in records.current(self.store, self.sources, described)}
        entries = []
        for story_id, ids in by_story.items():
            story = stories[story_id]
            shown = tuple(sorted(ids, key=story.parts.index))
            source = self.sources.get(story.trial.partition(":")[0])
            entries.append(
                pages.Entry(
                    story=msgspec.structs.replace(story, parts=shown),
                    events=tuple(wanted[event_id][0] for event_id in shown),
                    record=now_known.get(story.trial),
                    watches=tuple(sorted({name for event_id in shown for name in wanted[event_id][1]})),
                    source_title=source.info.title if source else "",
                )
            )
        return entries

    def _held(self, run: Run) -> str:
        title = self.sources[run.source].info.title if run.source in self.sources else run.source
        return f"Run {run.id} of {title} is held: {run.verdict.sick}"

    def _watches_of(self, channel: str) -> list[str]:
        return [watch.name for watch in self.settings.watches if any(send.to == channel for send in watch.send)]

    def _attributions(self, keys: set[str]) -> tuple[str, ...]:
        """Source and data date, as the registries ask of those who repeat their records."""
        states = self.store.source_states()
        lines = []
        for key in sorted(keys & set(self.sources)):
            state = states.get(key)
            dated = state.data_date or state.accepted_at.date().isoformat() if state else None
            info = self.sources[key].info
            lines.append((info.attribution or info.title) + (f", data of {dated}" if dated else ""))
        return tuple(lines)

    def _why(self, channel: str, watches: Sequence[str]) -> tuple[str, ...]:
        return tuple(
            f"Watch “{name}” sends {_FROM[send.min_severity]} {_WHEN[send.when]} to “{channel}”."
            for name in watches
            if name in self._watches
            for send in self._watches[name].send
            if send.to == channel
        )


def weightiest_trials(stories: Iterable[Story]) -> list[str]:
    """The trials whose stories stand first in a message, at most `MOST_DESCRIBED`."""
    by_weight = sorted(stories, key=lambda story: -rank(story.severity))
    return list(dict.fromkeys(story.trial for story in by_weight))[:MOST_DESCRIBED]

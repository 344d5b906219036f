"""Cuts messages: `plan` decides, `Composer` writes, the store keeps. Nothing is sent here."""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker import log
from tracker.archive import Archive
from tracker.clock import Clock
from tracker.config import Settings
from tracker.config.settings import DAYS
from tracker.deliver import operator_messages, plan
from tracker.deliver.channels import form_for
from tracker.deliver.compose import Composer, Wanted
from tracker.deliver.messages import make_message, numbered_messages
from tracker.deliver.operator_messages import UNKNOWN, OperatorMessage
from tracker.deliver.sender import CHANNEL, Sent
from tracker.deliver.stop_links import stop_link
from tracker.deliver.witnesses import told_already
from tracker.errors import StoreError
from tracker.model.alert import Alert, Content, Cut, MessageKind, ReadyAlert
from tracker.model.run import Run
from tracker.model.upkeep import Incident, Lease
from tracker.model.vocabulary import When
from tracker.model.watch import Sending, Watch
from tracker.render import notices, times
from tracker.render.numbered import Part
from tracker.store import Store

HELD = "held:"
"""How the names of incidents begin that the message of a held run tells of, with more words."""

FULL = "full:"
"""How the names of times begin at which a channel got as many immediate messages as it takes at once."""

FULL_FOR = timedelta(hours=1)


logger = log.get(__name__)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A plan and the parts of its message, none where it needs none; ``why`` it was set aside and is not sent."""

    plan: plan.MessagePlan
    parts: tuple[Part, ...] = ()
    why: str = ""


class Cutter:
    """Turns what is due into messages in the outbox, each in one transaction under the delivery's lease."""

    def __init__(self, settings: Settings, store: Store, archive: Archive, clock: Clock, lease: Lease) -> None:
        self.settings, self.store, self.archive, self.clock, self.lease = settings, store, archive, clock, lease
        self.composer = Composer(settings, archive)
        self._subscriptions = plan.subscriptions(settings.watches)
        self._paused = {one.sending: one.since for one in store.paused()}

    def drop_unwanted(self) -> None:
        """Drop the alerts of which nobody is to hear: their watch no longer sends there, or their reader has stopped it."""
        unwanted = plan.unwanted(self.store.ready_alerts(), self.settings.watches)
        for subscription in self._subscriptions if self._paused else ():
            unwanted += self._on_their_way(subscription, self.store.ready_alerts(channel=subscription.channel))[1]
        if unwanted:
            self.store.cut(None, (), self.clock(), superseded=unwanted, lease=self.lease)

    def drop_second_witnesses(self) -> None:
        """Drop the alerts of what a linked registry has told their readers already."""
        ready = self.store.ready_alerts()
        firsts = self.archive.told_first(one.event for one in ready) if ready else {}
        if not firsts:
            return
        now, watches = self.clock(), self.settings.watches
        of_events = self.store.alerts_of({first.id for found in firsts.values() for first in found})
        silences = self.archive.silences(now)
        dropped = [
            found
            for one in ready
            if one.event.id in firsts
            and (
                found := told_already(
                    one, [(first, of_events.get(first.id, ())) for first in firsts[one.event.id]], watches, silences
                )
            )
        ]
        if dropped:
            self.store.cut(None, (), now, superseded=dropped, lease=self.lease)

    def cut_welcomes(self) -> None:
        """One welcome per watch and channel, once its first trials were read."""
        for watch in self.settings.watches:
            for subscription in plan.subscriptions([watch]):
                channel = subscription.channel
                sending = subscription.sending(plan.fastest(watch, channel))
                key = f"welcome:{channel}:{watch.name}"
                if sending in self._paused or self.store.message(key):
                    continue
                content = self.composer.welcome(watch, channel, self.clock(), stop=stop_link(self.settings.web, sending))
                if content:
                    self._cut(key, channel, "welcome", content, sending)

    def cut_immediate(self) -> None:
        """The alerts that go out at once: one message per subscription, in as many parts as its channel takes.

        What the parts had no room for waits for an hour, with all that is as urgent: a channel is not flooded.
        """
        waiting = self.store.ready_alerts()
        for subscription in self._subscriptions:
            now, channel = self.clock(), subscription.channel
            ready, _ = self._on_their_way(subscription, waiting)
            sent = self._sent(subscription, ready)
            for chosen in plan.immediate(ready, {channel: sent}, self.archive.silences(now)):
                full = self.store.due(f"{FULL}{channel}").last_at
                if full is not None and full <= now < full + FULL_FOR:
                    continue
                written = self._written(chosen, functools.partial(self._alert, subscription, now))
                for one in written:
                    self._settle(f"alert:{subscription.name}:{_hash(one)}", one, "alert", subscription.sending("immediate"))
                told = sum(len(_told(one.parts)) for one in written)
                if told and told < len(chosen.wanted):
                    self.store.set_due(f"{FULL}{channel}", last_at=now, next_at=None)

    def cut_digests(self) -> None:
        """Every digest that came due since it was last looked at; after a downtime one digest, not one per day."""
        for subscription, watches in self._subscriptions.items():
            for when in plan.cadences(watches).get(subscription.channel, ()):
                now = self.clock()
                due = plan.last_due(self.settings.digest, when, now)
                looked, written = f"digest:{subscription.name}:{when}", f"written:{subscription.name}:{when}"
                seen = self.store.due(looked)
                if seen.last_at is None or seen.last_at > now:  # never looked at, or by a clock that was ahead
                    self.store.set_due(looked, last_at=now, next_at=None)
                    self.store.set_due(written, last_at=now, next_at=None)
                elif seen.last_at < due.at:
                    # A digest speaks of the time since the last one that was written; a day without news may have none.
                    since = self.store.due(written).last_at or seen.last_at
                    is_paused = subscription.sending(when) in self._paused
                    if not is_paused and self._cut_digest(subscription, watches, when, due, since, now):
                        self.store.set_due(written, last_at=now, next_at=None)
                    self.store.set_due(looked, last_at=due.at, next_at=None)

    def cut_operator(self) -> None:
        """One message to the operator for each incident that began or ended, and one for all unknown numbers of a source.

        A source whose runs are held night after night is one incident; each run that takes another's place is named.
        """
        held = {f"{HELD}{run.source}": run for run in self.archive.held_runs()}
        untold = (
            one
            for one in self.archive.incidents()
            if one.ended_at is not None or one.told_begin_at is None or one.name in held  # cut once for each run
        )
        for together in _told_together(untold):
            now = self.clock()
            message = operator_messages.write(self.settings, self._incident(together, held.get(together[0].name)), now)
            if message is None:
                return
            self.store.cut(message, (), now, lease=self.lease)
            for incident in together:
                self.store.mark_incident_told(incident.name, now)

    def cut_refusals(self, tried: Iterable[Sent]) -> None:
        """One message to the operator for each message that some recipients of its channel were refused."""
        for item in tried:
            if item.refused and item.kind != "operator":
                given = operator_messages.refused(item.key, item.subject, item.channel, item.refused)
                operator_messages.cut(self.settings, self.store, given, self.clock(), self.lease)

    def _incident(self, together: Sequence[Incident], held: Run | None) -> OperatorMessage:
        timezone, incident = self.settings.digest.timezone, together[0]
        if incident.name.startswith(UNKNOWN):
            return operator_messages.unknown_numbers(together, timezone)
        if incident.ended_at is None and held is not None:
            return operator_messages.held_run(incident, held, self.archive.source_title(held.source), timezone)
        ended = incident.name.startswith(CHANNEL) and incident.ended_at is not None
        lost = self.store.given_up(incident.name.removeprefix(CHANNEL)) if ended else ()
        return operator_messages.incident(incident, timezone, lost)

    def _cut_digest(
        self,
        subscription: plan.Subscription,
        its_watches: Sequence[Watch],
        when: When,
        due: plan.Due,
        since: datetime,
        now: datetime,
    ) -> bool:
        """Cut one digest, or only settle its alerts; returns whether there was a digest to write."""
        channel, sending = subscription.channel, subscription.sending(when)
        ready, _ = self._on_their_way(subscription, self.store.ready_alerts(channel=channel))
        sent = self._sent(subscription, ready)
        of, but = self._told_by(subscription)
        chosen = plan.digest_plan(channel, when, ready, sent, self.archive.silences(now))
        watches = [one.name for one in its_watches if any(send.to == channel and send.when == when for send in one.send)]
        notes = self.store.notes(watches)
        if not (chosen.wanted or notes or self._proof_of_life(when, due)):
            self._settle("", Written(plan=chosen), "digest", sending)
            return False

        def write(wanted: Wanted) -> tuple[Part, ...]:
            return self.composer.digest(
                channel,
                wanted,
                now,
                cadence=when,
                stop=stop_link(self.settings.web, sending),
                notes=[*(note.text for note in notes), *self._of_pauses(sending, since)],
                since=since,
                watches=[one.name for one in its_watches],
                alone=subscription.watch,
                sent_immediately=self.store.count_sent_immediately(channel, since, now, of=of, but=but),
            )

        key = f"digest:{subscription.name}:{when}:{due.day.isoformat()}"
        for one in self._written(chosen, write):
            ids = () if one.why else tuple(note.id for note in notes)
            self._settle(f"{key}:set-aside" if one.why else key, one, "digest", sending, notes=ids)
        return True

    def _on_their_way(
        self, subscription: plan.Subscription, ready: Iterable[ReadyAlert]
    ) -> tuple[list[ReadyAlert], list[tuple[Alert, str]]]:
        """The subscription's alerts, each at the speed at which it is told now, and those that are told to nobody."""
        watches = self._subscriptions[subscription]
        cadences = plan.cadences(watches)
        own = plan.forwarded(plan.of_subscription(ready, subscription.channel, watches), cadences)
        return plan.held_back(own, subscription, cadences.get(subscription.channel, ()), self._paused)

    def _of_pauses(self, sending: Sending, since: datetime) -> list[str]:
        """What a digest says of its own pause that is over, and of what else its channel no longer gets."""
        known = [one for one in self.store.paused(resumed_after=since) if one.sending.channel == sending.channel]
        zone = times.zone(self.settings.digest.timezone)
        return [notices.paused(one, zone) for one in known if one.sending == sending or one.until is None]

    def _alert(self, subscription: plan.Subscription, now: datetime, wanted: Wanted) -> tuple[Part, ...]:
        if not wanted:
            return ()
        stop = stop_link(self.settings.web, subscription.sending("immediate"))
        return self.composer.alert(subscription.channel, wanted, now, alone=subscription.watch, stop=stop)

    def _written(self, chosen: plan.MessagePlan, write: Callable[[Wanted], tuple[Part, ...]]) -> list[Written]:
        """The message as it is written; trials of which none can be written are set aside, and the others' goes out."""
        try:
            return [Written(plan=chosen, parts=write(chosen.wanted))]
        except StoreError:
            raise  # the database is in trouble, not what the message says
        except Exception as error:  # whatever a registry's text brings about
            logger.exception(log.pairs("message_not_written", channel=chosen.channel))
            why, trials = f"{type(error).__name__}: {error}", _trials(chosen)
        broken = {trial for trial in trials if self._fails(chosen.of_trials([trial]), write)}
        if not broken or len(broken) == len(trials):
            return [self._set_aside(chosen, why)]
        others = chosen.of_trials(set(trials) - broken)
        others = msgspec.structs.replace(others, silenced=chosen.silenced, repeated=chosen.repeated)
        return [Written(plan=others, parts=write(others.wanted)), self._set_aside(chosen.of_trials(broken), why)]

    def _fails(self, part: plan.MessagePlan, write: Callable[[Wanted], tuple[Part, ...]]) -> bool:
        """Whether a part of a message cannot be written."""
        try:
            write(part.wanted)
        except StoreError:
            raise
        except Exception:  # as above; the whole message's failure is in the log
            return True
        return False

    def _set_aside(self, part: plan.MessagePlan, why: str) -> Written:
        reason = f"It could not be written. {why}"
        content = notices.set_aside(
            _trials(part),
            channel=part.channel,
            why=reason,
            at=self.clock(),
            timezone=self.settings.digest.timezone,
            form=form_for(self.settings, part.channel),
        )
        return Written(plan=part, parts=(Part(content=content, events=tuple(part.wanted)),), why=reason)

    def _proof_of_life(self, when: When, due: plan.Due) -> bool:
        """Whether a digest without news is to say so: failures and silence must not look alike."""
        policy = self.settings.digest.when_empty
        weekly = DAYS[due.day.weekday()] == self.settings.digest.weekly_on
        return policy == "always" or (policy == "weekly" and (when == "weekly" or weekly))

    def _sent(self, subscription: plan.Subscription, ready: Sequence[ReadyAlert]) -> set[str]:
        """The events that the subscription has told already; what another one told to the same channel does not count."""
        if not ready:
            return set()
        of, but = self._told_by(subscription)
        return self.store.events_already_sent(subscription.channel, of=of, but=but)

    def _told_by(self, subscription: plan.Subscription) -> tuple[str | None, list[str]]:
        """The watch whose messages count for a subscription, or those that do not; one that is gone told its channel, too."""
        if subscription.watch:
            return subscription.watch, []
        return None, [one.watch for one in self._subscriptions if one.channel == subscription.channel and one.watch]

    def _settle(self, key: str, written: Written, kind: MessageKind, sending: Sending, notes: tuple[int, ...] = ()) -> None:
        """Cut the messages, or only settle the alerts that need none. What no message tells stays ready.

        A message that was set aside has failed, and says why.
        """
        chosen, parts = written.plan, written.parts
        superseded = [(alert, "the channel has been told of it already") for alert in chosen.repeated]
        if not parts and not chosen.silenced and not superseded:
            return
        alerts: dict[str, list[Alert]] = defaultdict(list)
        for alert in chosen.alerts:
            alerts[alert.event].append(alert)
        cuts = [
            Cut(message=message, alerts=tuple(alert for event in message.events for alert in alerts[event]))
            for message in numbered_messages(self.settings, key, chosen.channel, kind, parts, self.clock(), sending)
        ]
        is_new = self.store.cut(
            cuts[0].message if cuts else None,
            cuts[0].alerts if cuts else (),
            self.clock(),
            silenced=chosen.silenced,
            superseded=superseded,
            notes=notes,
            further=cuts[1:],
            lease=self.lease,
        )
        if cuts and written.why and is_new:
            given_up = operator_messages.given_up(msgspec.structs.replace(cuts[0].message, last_error=written.why))
            report = operator_messages.write(self.settings, given_up, self.clock())
            self.store.mark_failed(key, written.why, self.clock(), report=report)

    def _cut(self, key: str, channel: str, kind: MessageKind, content: Content, sending: Sending) -> None:
        now = self.clock()
        message = make_message(self.settings, key, channel, kind, content, now, sending=sending)
        self.store.cut(message, (), now, lease=self.lease)


def _told_together(untold: Iterable[Incident]) -> list[list[Incident]]:
    """Unknown numbers of one source that began, or ended, since the last word to the operator; anything else alone."""
    groups: dict[tuple[str, bool], list[Incident]] = {}
    for incident in untold:
        of_source = incident.name.rpartition(":")[0] if incident.name.startswith(UNKNOWN) else incident.name
        groups.setdefault((of_source, incident.ended_at is None), []).append(incident)
    return list(groups.values())


def _trials(chosen: plan.MessagePlan) -> list[str]:
    return list(dict.fromkeys(event.trial for event, _ in chosen.wanted.values()))


def _told(parts: Iterable[Part]) -> set[str]:
    return {event for part in parts for event in part.events}


def _hash(written: Written) -> str:
    return hashlib.sha256(" ".join(sorted(_told(written.parts))).encode()).hexdigest()[:20]

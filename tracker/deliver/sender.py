"""Sends what waits in the outbox, oldest first, and records how each try ended: after sending, never before."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import msgspec

from tracker import log
from tracker.archive import Archive
from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver import operator_messages, plan
from tracker.deliver.channels import Sender, by_mail
from tracker.deliver.messages import missed_message
from tracker.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message, MessageKind
from tracker.model.upkeep import Lease
from tracker.store import Store

LEASE_FOR = timedelta(minutes=15)
"""Longer than any one message takes; the lease is renewed before each."""

DEAD_AFTER = 2
"""Failures after which a channel is left alone until the next delivery: one may be the message's fault, two are its own.

So is the mail server, with all channels that go through it, when it could not be spoken to so often.
"""

TOLD_AFTER = 3
"""Failed tries of one message, some twenty minutes, after which the operator hears that its channel is dead."""

WAITED = timedelta(hours=6)
"""The operator also hears of a message that has waited so long for a mail server that cannot be spoken to: where many
channels share the server, its turn comes seldom."""

LONGEST_ASKED = timedelta(days=1)
"""A channel that asks for a longer wait (Retry-After) is tried again by then."""

REFUSED_FOR = 6
"""Failed tries, ten hours, after which a message that is refused is given up if its channel has taken others meanwhile: the
fault is then the message's own. Where the channel takes nothing, the message waits as long as any other."""

CHANNEL = "channel:"
"""How the names of incidents begin that are about a channel."""

logger = log.get(__name__)


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One message that was tried: ``error`` is empty when its channel took it.

    ``refused`` has a sentence for each recipient that was refused while others of the channel got the message.
    """

    key: str
    channel: str
    kind: MessageKind
    subject: str
    error: str = ""
    given_up: bool = False
    refused: tuple[str, ...] = ()


class OutboxSender:
    """Tries the messages that are due. ``tried`` lists the tries so far, also when an error ends the round."""

    def __init__(self, settings: Settings, store: Store, archive: Archive, clock: Clock, send: Sender) -> None:
        self.settings, self.store, self.archive, self.clock, self.send = settings, store, archive, clock, send
        self.tried: list[Sent] = []
        self._channels = {channel.name: channel for channel in settings.channels}
        self._failures: Counter[str] = Counter()
        self._without_server = 0
        self._stood_in: set[str] = set()
        self._put_off_to: dict[str, datetime] = {}
        self._dead = {found.name for found in archive.health().incidents}

    def send_waiting(self, lease: Lease) -> None:
        """Try every message that is due, except that a dead channel is left alone, however much waits for it.

        Channels with failed tries come last, so that the others need not wait for one that is slow to answer. A message is
        tried again in the same delivery only when its channel has taken another meanwhile. Raises LeaseLostError when
        another process has taken over.
        """
        self._end_gone()
        due = [message for message in self.store.due_messages(self.clock()) if not self._has_had_its_try(message)]
        troubled = {message.channel for message in due if message.attempts}
        for message in sorted(due, key=lambda message: message.channel in troubled):
            if self._left_alone(message.channel) and not self._has_second_way(message):
                continue
            self.store.renew_lease(lease, self.clock(), LEASE_FOR)
            sent = self._try(message)
            if sent is not None:
                self.tried.append(sent)
        self.store.settle_sent(self.clock())

    def _try(self, message: Message) -> Sent | None:
        """One try; None for a message whose reader has stopped the series since it was looked up."""
        sent = Sent(key=message.key, channel=message.channel, kind=message.kind, subject=message.subject)
        kept = message.kind == "operator"
        if message.attempts > len(plan.BACK_OFF) and not kept:  # the end of none of them could be recorded
            return self._give_up(message, sent, PermanentDeliveryError(message.last_error))
        if not self.store.begin_try(message.key, self.clock() + _back_off(message)):
            return None
        try:
            refused = self._send(message)
        except PermanentDeliveryError as error:
            if not kept:
                return self._give_up(message, sent, error)
            self._note_failure(message, TransientDeliveryError(error.message, refused=True))
            return self._put_off(message, sent, error)
        except TransientDeliveryError as error:
            own_fault = error.refused and self.store.taken_since(message.channel, message.created_at)
            self._note_failure(message, error, own_fault=own_fault and not kept)
            if kept or message.attempts < (REFUSED_FOR if own_fault else len(plan.BACK_OFF)):
                return self._put_off(message, sent, error, error.retry_after)
            tries = f"Given up after {message.attempts + 1} tries: {error.message}"
            return self._give_up(message, sent, PermanentDeliveryError(tries))
        self.store.mark_sent(message.key, self.clock())
        self._recovered(message)
        if refused:
            logger.error(log.pairs("message_partly_refused", key=message.key, error=" ".join(refused)))
        return msgspec.structs.replace(sent, refused=refused)

    def _has_second_way(self, message: Message) -> bool:
        second = self.settings.operator.second
        return message.kind == "operator" and second is not None and not self._left_alone(second)

    def _has_had_its_try(self, message: Message) -> bool:
        """Whether a message was tried in this delivery, and nothing but the time that the tries took has made it due."""
        return message.next_attempt_at is not None and message.next_attempt_at == self._put_off_to.get(message.key)

    def _put_off(self, message: Message, sent: Sent, error: DeliveryError, asked: float | None = None) -> Sent:
        """The message waits from now on, for a try can take as long as the shortest wait, and as long as its channel asks."""
        wait = max(_back_off(message), min(timedelta(seconds=asked or 0), LONGEST_ASKED))
        again_at = self._put_off_to[message.key] = self.clock() + wait
        self.store.mark_retry(message.key, str(error), again_at)
        logger.warning(log.pairs("message_waits", key=message.key, error=error))
        return msgspec.structs.replace(sent, error=str(error))

    def _recovered(self, message: Message) -> None:
        """The channel has taken a message: what waited for it is due now, and it hears what it missed.

        The operator's messages are due, too, when the mail server that they go through has taken any.
        """
        now, name = self.clock(), message.channel
        if message.key in self._stood_in:  # its channel has not taken it
            return
        if message.kind != "missed":
            self._tell_missed(name, now)
        operator = self.settings.operator.channel
        if f"{CHANNEL}{name}" in self._dead:
            self.store.hurry(now, channel=name)
            self.store.close_incident(f"{CHANNEL}{name}", now)
            self._dead.discard(f"{CHANNEL}{name}")
        if operator is not None and (operator == name or (self._by_mail(operator) and self._by_mail(name))):
            self.store.hurry(now, channel=operator, kind="operator")

    def _tell_missed(self, name: str, now: datetime) -> None:
        told = f"missed:{name}"
        lost = self.store.given_up(name, self.store.due(told).last_at)
        if any(message.kind == "missed" for message in lost):  # the word of what was missed was given up itself
            lost = self.store.given_up(name)
        if lost:
            self.store.cut(missed_message(self.settings, name, lost, now), (), now)
            self.store.set_due(told, last_at=now, next_at=None)

    def _by_mail(self, name: str) -> bool:
        channel = self._channels.get(name)
        return channel is not None and by_mail(channel)

    def _left_alone(self, name: str) -> bool:
        """Whether the channel, or the mail server it goes through, has failed too often in this delivery."""
        return self._failures[name] >= DEAD_AFTER or (self._by_mail(name) and self._without_server >= DEAD_AFTER)

    def _note_failure(self, message: Message, error: TransientDeliveryError, *, own_fault: bool = False) -> None:
        """Count the failure; the operator hears once of a channel that has refused for a while.

        A message that has the fault itself says nothing of its channel.
        """
        # One that names a time is not asked before it by the next message.
        self._failures[message.channel] += DEAD_AFTER if error.retry_after else 1
        self._without_server += error.no_server
        waited = error.no_server and self.clock() - message.created_at >= WAITED
        if (message.attempts + 1 >= TOLD_AFTER or waited) and not own_fault:
            self._open_incident(message.channel, f"{error.message} They wait and are tried again.")

    def _open_incident(self, channel: str, why: str) -> None:
        """A channel takes no messages; the operator is told when that begins and when it is over.

        The operator's own channel cannot report itself: its incident stands in the log, in `doctor` and in ``/health``,
        and the operator is told when it is over.
        """
        name, now = f"{CHANNEL}{channel}", self.clock()
        self._dead.add(name)
        what = operator_messages.channel_dead(channel, why)
        untold = self.store.open_incident(name, what, now)
        if untold and channel == self.settings.operator.channel and self.settings.operator.second is None:
            self.store.mark_incident_told(name, now)
            logger.error(log.pairs("operator_channel_dead", error=what))

    def _end_gone(self) -> None:
        """A channel that was taken out of the configuration has no incident any more."""
        for name in self._dead - {f"{CHANNEL}{channel}" for channel in self._channels}:
            if name.startswith(CHANNEL):
                self.store.close_incident(name, self.clock())

    def _send(self, message: Message) -> tuple[str, ...]:
        """Send a message; one to the operator goes by the second way where the first does not take it."""
        second = self.settings.operator.second if message.kind == "operator" else None
        if second is None:
            return self._send_through(message.channel, message)
        try:
            if self._left_alone(message.channel):
                raise TransientDeliveryError(f"“{message.channel}” has failed too often in this delivery.")
            return self._send_through(message.channel, message)
        except DeliveryError as error:
            try:
                refused = self._send_through(second, message)
            except DeliveryError:
                raise error from None
            if not self._left_alone(message.channel):
                self._open_incident(message.channel, f"{error.message} What it does not take goes to “{second}”.")
            self._failures[message.channel] += 1
            self._stood_in.add(message.key)
            return refused

    def _send_through(self, name: str, message: Message) -> tuple[str, ...]:
        channel = self._channels.get(name)
        if channel is None and message.kind == "operator":  # the operator's channel has another name by now
            channel = self._channels.get(self.settings.operator.channel or "")
        if channel is None:
            raise PermanentDeliveryError(
                f'Channel "{message.channel}" is not in the configuration any more.',
                remedy="Add it again, or drop the message.",
            )
        message = msgspec.structs.replace(message, attachments=self.store.attachments(message.key))
        # Looked up by those channels alone that take events, and only as many as they take.
        return self.send(self.settings, channel, message, self.archive.events(message.events), self.clock())

    def _give_up(self, message: Message, sent: Sent, error: PermanentDeliveryError) -> Sent:
        """The operator hears of the first message that a channel loses; consecutive losses after it are one incident."""
        report = self._given_up(msgspec.structs.replace(message, last_error=str(error)))
        in_a_row = self.store.mark_failed(message.key, str(error), self.clock(), report=report)
        logger.error(log.pairs("message_given_up", key=sent.key, error=error))
        if in_a_row > 1 and message.channel in self._channels:
            why = f"{in_a_row:,} in a row were given up, the last with this: {error.message} `tracker outbox` lists them."
            self._open_incident(message.channel, why)
        return msgspec.structs.replace(sent, error=str(error), given_up=True)

    def _given_up(self, message: Message) -> Message | None:
        """The operator's message about one that was given up; none about their own, or one would bring forth another."""
        if message.kind == "operator":
            return None
        return operator_messages.write(self.settings, operator_messages.given_up(message), self.clock())


def _back_off(message: Message) -> timedelta:
    """How long a message waits when its next try fails."""
    return plan.BACK_OFF[min(message.attempts, len(plan.BACK_OFF) - 1)]

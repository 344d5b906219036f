"""Sends what waits in the outbox, oldest first, and records how each try ended: after sending, never before."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import msgspec

from tracker import log
from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver import plan
from tracker.deliver.channels import Sender
from tracker.errors import DeliveryError, PermanentDeliveryError
from tracker.model.alert import Message, MessageKind
from tracker.store import Store
from tracker.store.values import Lease

LEASE_FOR = timedelta(minutes=15)
"""Longer than any one message takes; the lease is renewed before each."""

DEAD_AFTER = 2
"""Failures after which a channel is left alone until the next delivery: one may be the message's fault, two are its own."""

TOLD_AFTER = 3
"""Failed tries of one message, some twenty minutes, after which the operator hears that its channel is dead."""

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


class Courier:
    """Tries the messages that are due. ``tried`` is what it has done so far, whatever ends its round."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, send: Sender) -> None:
        self.settings, self.store, self.clock, self.send = settings, store, clock, send
        self.tried: list[Sent] = []
        self._channels = {channel.name: channel for channel in settings.channels}
        self._failures: Counter[str] = Counter()
        self._dead = {found.name for found in store.conditions() if found.ended_at is None}

    def send_waiting(self, lease: Lease) -> None:
        """Try every message that is due, except that a dead channel is left alone, however much waits for it.

        Channels in trouble come last: the others need not wait for one that lets us wait. Raises LeaseLostError when
        another process has taken over.
        """
        due = self.store.due_messages(self.clock())
        troubled = {message.channel for message in due if message.attempts}
        for message in sorted(due, key=lambda message: message.channel in troubled):
            if self._failures[message.channel] >= DEAD_AFTER:
                continue
            self.store.renew_lease(lease, self.clock(), LEASE_FOR)
            self.tried.append(self._try(message))
        self.store.settle_sent(self.clock())

    def _try(self, message: Message) -> Sent:
        told = Sent(key=message.key, channel=message.channel, kind=message.kind, subject=message.subject)
        if message.attempts > len(plan.BACK_OFF):  # the end of none of them could be recorded
            return self._give_up(told, PermanentDeliveryError(message.last_error))
        again_at = self.clock() + plan.BACK_OFF[min(message.attempts, len(plan.BACK_OFF) - 1)]
        self.store.begin_try(message.key, again_at)
        try:
            refused = self._send(message)
        except PermanentDeliveryError as error:
            return self._give_up(told, error)
        except DeliveryError as error:
            self._failures[message.channel] += 1
            self._note_dead(message, error)
            if message.attempts < len(plan.BACK_OFF):
                self.store.mark_retry(message.key, str(error), again_at)
                logger.warning(log.pairs("message_waits", key=message.key, error=error))
                return msgspec.structs.replace(told, error=str(error))
            tries = f"Given up after {message.attempts + 1} tries: {error.message}"
            return self._give_up(told, PermanentDeliveryError(tries))
        self.store.mark_sent(message.key, self.clock())
        if self._condition(message) in self._dead:
            self.store.end_condition(self._condition(message), self.clock())
        if refused:
            logger.error(log.pairs("message_partly_refused", key=message.key, error=" ".join(refused)))
        return msgspec.structs.replace(told, refused=refused)

    def _note_dead(self, message: Message, error: DeliveryError) -> None:
        """A channel that has refused for a while is told of once.

        The operator's own cannot tell of itself: its trouble stands in the log, in `doctor` and in ``/health``, and the
        operator is told of it when it is over.
        """
        if message.attempts + 1 < TOLD_AFTER:
            return
        what = f"Channel “{message.channel}” takes no messages: {error.message} They wait and are tried again."
        name, now = self._condition(message), self.clock()
        untold = self.store.begin_condition(name, what, now)
        if untold and message.channel == self.settings.operator.channel:
            self.store.mark_condition_told(name, now)
            logger.error(log.pairs("operator_channel_dead", error=what))

    def _condition(self, message: Message) -> str:
        return f"channel:{message.channel}"

    def _send(self, message: Message) -> tuple[str, ...]:
        channel = self._channels.get(message.channel)
        if channel is None:
            raise PermanentDeliveryError(
                f'Channel "{message.channel}" is not in the configuration any more.',
                remedy="Add it again, or drop the message.",
            )
        # Looked up by those channels alone that take events, and only as many as they take.
        events = (event for event in map(self.store.event, message.events) if event)
        return self.send(self.settings, channel, message, events, self.clock())

    def _give_up(self, told: Sent, error: PermanentDeliveryError) -> Sent:
        self.store.mark_failed(told.key, str(error), self.clock())
        logger.error(log.pairs("message_given_up", key=told.key, error=error))
        return msgspec.structs.replace(told, error=str(error), given_up=True)

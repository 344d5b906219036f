"""From ready alerts to messages on their way: cut what is due, then send what waits.

Cutting is one transaction a message, keyed so that it happens once; sending comes after, and "sent" is recorded after
sending. So a retry, a crash or an overlap of two deliveries neither loses nor repeats what is told.

    `plan` decides -> `compose` writes -> `desk` cuts -> the outbox -> `courier` sends through `channels`
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver import channels
from tracker.deliver.channels import Sender
from tracker.deliver.compose import Composer, make_message
from tracker.deliver.courier import LEASE_FOR, Courier, Sent
from tracker.deliver.desk import Desk
from tracker.errors import LeaseHeldError, LeaseLostError, PermanentDeliveryError
from tracker.model.source import Source
from tracker.model.watch import Channel
from tracker.render import notices
from tracker.store import Store
from tracker.store.processes import holder_name

__all__ = ["Composer", "DeliveryReport", "Sent", "deliver", "make_message", "send_test"]


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one delivery did. ``busy``: another process is delivering, or took over while this one was at it."""

    tried: tuple[Sent, ...] = ()
    busy: str = ""

    @property
    def sent(self) -> int:
        """How many messages their channels took."""
        return sum(not item.error for item in self.tried)

    @property
    def clean(self) -> bool:
        """Whether everything that was due reached everybody."""
        return not any(item.error or item.refused for item in self.tried)


def deliver(
    settings: Settings,
    store: Store,
    sources: Mapping[str, Source],
    clock: Clock,
    *,
    send: Sender = channels.send,
) -> DeliveryReport:
    """Cut the messages that are due now and send all that wait; the operator hears at once of those that were given up.

    It looks twice, the second time after the lease was given back: a process that found the lease held has left what it
    brought to us, and may have no other delivery for hours.
    """
    courier = Courier(settings, store, clock, send)
    busy = _deliver_once(settings, store, sources, clock, courier)
    if not busy:
        _deliver_once(settings, store, sources, clock, courier)
    return DeliveryReport(tried=tuple(courier.tried), busy=busy)


def _deliver_once(settings: Settings, store: Store, sources: Mapping[str, Source], clock: Clock, courier: Courier) -> str:
    """Cut and send under the lease; a sentence when another process holds it or took it over, else nothing."""
    holder = holder_name()
    try:
        lease = store.acquire_lease("delivery", holder, clock(), LEASE_FOR)
    except LeaseHeldError as error:
        return str(error)
    try:
        desk = Desk(settings, store, sources, clock, lease)
        desk.drop_unwanted()
        desk.cut_welcomes()
        desk.cut_immediate()
        desk.cut_digests()
        desk.cut_operator()
        courier.send_waiting(lease)
        desk.cut_operator()
        desk.cut_refusals(courier.tried)
        courier.send_waiting(lease)
    except LeaseLostError as error:
        return str(error)
    finally:
        store.release_lease(lease, clock())
    return ""


def send_test(settings: Settings, channel: Channel, now: datetime) -> None:
    """Send a test message at once, past the outbox. Raises DeliveryError, also when only some recipients got it."""
    content = notices.test_message(channel.name, at=now, timezone=settings.digest.timezone)
    key = f"test:{channel.name}:{now.isoformat()}"
    refused = channels.send(settings, channel, make_message(settings, key, channel.name, "test", content, now), (), now)
    if refused:
        raise PermanentDeliveryError(" ".join(refused), remedy="The other recipients of the channel got the test message.")

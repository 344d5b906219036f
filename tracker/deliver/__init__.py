"""From ready alerts to messages on their way: cut what is due, then send what waits.

Cutting is one transaction per message, keyed so that it happens once; sending comes after, and "sent" is recorded after
sending. So a retry, a crash or an overlap of two deliveries neither loses nor repeats what is told.

    `plan` decides -> `compose` writes -> `cut` keeps -> the outbox -> `sender` sends through `channels`
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from tracker.archive import Archive
from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver import channels
from tracker.deliver.channels import Sender, form_for
from tracker.deliver.compose import Composer
from tracker.deliver.cut import Cutter
from tracker.deliver.messages import make_message
from tracker.deliver.sender import LEASE_FOR, OutboxSender, Sent
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

    Everything is done twice, the second time after the lease was given back: a process that found the lease held has left
    its alerts to us, and may have no other delivery for hours.
    """
    archive = Archive(
        store=store,
        sources=sources,
        watches=settings.watches,
        severities=settings.severities,
        links=settings.links,
    )
    sender = OutboxSender(settings, store, archive, clock, send)
    busy = _deliver_once(settings, store, archive, clock, sender)
    if not busy:
        _deliver_once(settings, store, archive, clock, sender)
    return DeliveryReport(tried=tuple(sender.tried), busy=busy)


def _deliver_once(settings: Settings, store: Store, archive: Archive, clock: Clock, sender: OutboxSender) -> str:
    """Cut and send under the lease; a sentence when another process holds it or took it over, else nothing."""
    holder = holder_name()
    try:
        lease = store.acquire_lease("delivery", holder, clock(), LEASE_FOR)
    except LeaseHeldError as error:
        return str(error)
    try:
        cutter = Cutter(settings, store, archive, clock, lease)
        cutter.drop_unwanted()
        cutter.drop_second_witnesses()
        cutter.cut_welcomes()
        cutter.cut_immediate()
        cutter.cut_digests()
        cutter.cut_operator()
        sender.send_waiting(lease)
        cutter.cut_operator()
        cutter.cut_refusals(sender.tried)
        sender.send_waiting(lease)
    except LeaseLostError as error:
        return str(error)
    finally:
        store.release_lease(lease, clock())
    return ""


def send_test(settings: Settings, channel: Channel, now: datetime) -> None:
    """Send a test message at once, past the outbox. Raises DeliveryError, also when only some recipients got it."""
    content = notices.test_message(
        channel.name, at=now, timezone=settings.digest.timezone, form=form_for(settings, channel.name)
    )
    key = f"test:{channel.name}:{now.isoformat()}"
    refused = channels.send(settings, channel, make_message(settings, key, channel.name, "test", content, now), (), now)
    if refused:
        raise PermanentDeliveryError(" ".join(refused), remedy="The other recipients of the channel got the test message.")

"""A reader stops a series of messages: kept, and told to them and to the operator in the same transaction."""

from __future__ import annotations

from datetime import datetime

from tracker.config import Settings
from tracker.deliver import operator_messages, plan
from tracker.deliver.channels import form_for
from tracker.deliver.messages import make_message
from tracker.model.watch import Sending
from tracker.render import notices
from tracker.store import Store


def pause(settings: Settings, store: Store, sending: Sending, now: datetime) -> bool:
    """Stop it; False where it was stopped already, and then nobody is told again."""
    watches = watches_of(settings, sending)
    told = [operator_messages.write(settings, operator_messages.stopped_by_reader(sending, watches, now), now)]
    if any(channel.name == sending.channel for channel in settings.channels):
        content = notices.stopped(
            sending,
            watches,
            at=now,
            timezone=settings.digest.timezone,
            contact=settings.contact_for(sending.channel),
            form=form_for(settings, sending.channel),
        )
        key = f"stopped:{sending.channel}:{sending.when}:{sending.watch}:{now.isoformat()}"
        told.append(make_message(settings, key, sending.channel, "stopped", content, now))
    return store.pause(sending, now, [message for message in told if message is not None])


def resume(settings: Settings, store: Store, sending: Sending, now: datetime) -> bool:
    """Take it up again; what waited meanwhile stands in the log and is not told. False where it is not stopped."""
    name = plan.Subscription(sending.channel, sending.watch)
    watches = plan.subscriptions(settings.watches).get(name, ())
    digests = plan.cadences(watches)
    waiting = plan.of_subscription(store.ready_alerts(channel=sending.channel), sending.channel, watches)
    paused = {one.sending: one.since for one in store.paused()}
    missed = plan.held_back(plan.forwarded(waiting, digests), name, digests.get(sending.channel, ()), paused)[1]
    own = [(alert, why) for alert, why in missed if name.sending(alert.when) == sending]
    return store.resume(sending, now, own)


def watches_of(settings: Settings, sending: Sending) -> tuple[str, ...]:
    """The watches of which the series tells: none where the configuration has it no more."""
    name = plan.Subscription(sending.channel, sending.watch)
    its_watches = plan.subscriptions(settings.watches).get(name, ())
    return tuple(
        watch.name for watch in its_watches if any(one.to == sending.channel and one.when == sending.when for one in watch.send)
    )

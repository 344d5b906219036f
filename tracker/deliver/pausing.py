"""A reader stops a series of messages: kept, and told to them and to the operator in the same transaction."""

from __future__ import annotations

from datetime import datetime

from tracker.config import Settings
from tracker.deliver import operator_messages
from tracker.deliver.channels import form_for
from tracker.deliver.messages import make_message
from tracker.model.watch import Sending
from tracker.render import notices
from tracker.store import Store


def pause(settings: Settings, store: Store, sending: Sending, now: datetime) -> bool:
    """Stop it; False where it was stopped already, and then nobody is told again."""
    told = [operator_messages.write(settings, operator_messages.stopped(sending, now), now)]
    if any(channel.name == sending.channel for channel in settings.channels):
        content = notices.stopped(
            sending,
            at=now,
            timezone=settings.digest.timezone,
            contact=settings.contact_for(sending.channel),
            form=form_for(settings, sending.channel),
        )
        key = f"stopped:{sending.channel}:{sending.when}:{sending.watch}:{now.isoformat()}"
        told.append(make_message(settings, key, sending.channel, "stopped", content, now))
    return store.pause(sending, now, [message for message in told if message is not None])

"""Sending one message through one channel: SMTP for ``mailto:``, a JSON POST for ``hook+https:``, apprise for the rest.

Every error says whether another try makes sense; no error repeats the channel's address, which may hold a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tracker.config import Settings
from tracker.deliver import chat, hook, smtp
from tracker.deliver.hook import ping
from tracker.deliver.smtp import greet, mail_domain
from tracker.model.alert import Message
from tracker.model.event import Event
from tracker.model.watch import Channel
from tracker.render import numbered
from tracker.render.numbered import Form

__all__ = ["Sender", "by_mail", "form_for", "form_of", "greet", "mail_domain", "ping", "send"]

MAIL_SCHEMES = ("mailto", "mailtos")
HOOK_SCHEMES = ("hook+https", "hook+http")

Sender = Callable[[Settings, Channel, Message, Iterable[Event], datetime], tuple[str, ...]]
"""Sends one message; raises TransientDeliveryError or PermanentDeliveryError when nobody got it.

Returns a sentence for each recipient that was refused while others got it: empty when all is well.
"""


def by_mail(channel: Channel) -> bool:
    """Whether the channel goes through the mail server, which it shares with all others that do."""
    return channel.url.partition(":")[0].lower() in MAIL_SCHEMES


def form_of(channel: Channel) -> Form:
    """How much the channel takes in one message."""
    if by_mail(channel):
        return numbered.MAIL
    return numbered.DATA if channel.url.partition(":")[0].lower() in HOOK_SCHEMES else numbered.CHAT


def form_for(settings: Settings, name: str) -> Form:
    """How much the channel of that name takes; one that is not in the configuration is taken for mail."""
    channel = next((channel for channel in settings.channels if channel.name == name), None)
    return form_of(channel) if channel is not None else numbered.MAIL


def send(settings: Settings, channel: Channel, message: Message, events: Iterable[Event], now: datetime) -> tuple[str, ...]:
    """Send a message through its channel (a `Sender`). ``events`` are those it tells of, for channels that take data."""
    if by_mail(channel):
        return smtp.send(settings, channel, message, now)
    if channel.url.partition(":")[0].lower() in HOOK_SCHEMES:
        hook.send(settings, channel, message, events, now)
    else:
        chat.send(channel, message)
    return ()

"""Alerts (event x watch x channel) and messages (outbox entries)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tracker.model.event import Event
from tracker.model.vocabulary import When
from tracker.model.watch import Sending

AlertState = Literal["held", "ready", "in_message", "sent", "failed", "dropped", "silenced"]
MessageState = Literal["waiting", "sent", "failed", "dropped"]
MessageKind = Literal["alert", "digest", "welcome", "missed", "stopped", "operator", "test"]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one watch on one channel. ``reason`` says why it is in its state, for ``outbox``."""

    event: str
    watch: str
    channel: str
    when: When
    state: AlertState = "held"
    reason: str = ""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says: a subject and the same text plain and in HTML."""

    subject: str
    text: str
    html: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes along with a mail; one of a text type such as ``text/csv`` is in UTF-8."""

    name: str
    media_type: str
    body: bytes


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An outbox entry. ``key`` is unique: (channel, run) or (channel, cadence, local due date); ``message_id`` derives from it.

    ``events`` are the ids it tells of; ``sending`` is the series it belongs to, which its reader can stop. ``attachments`` are
    kept beside it and read only when it is sent. Times are aware UTC.
    """

    key: str
    channel: str
    kind: MessageKind
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    events: tuple[str, ...] = ()
    state: MessageState = "waiting"
    attempts: int = 0
    next_attempt_at: datetime | None = None
    last_error: str = ""
    sent_at: datetime | None = None
    sending: Sending | None = None
    attachments: tuple[Attachment, ...] = ()


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """A message and the alerts that it tells: all of them, and none besides."""

    message: Message
    alerts: tuple[Alert, ...] = ()


class ReadyAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that waits to be put into a message, with the event it tells of."""

    alert: Alert
    event: Event


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line for a watch's next digest that is no event, such as trials that joined silently."""

    id: int
    watch: str
    text: str
    created_at: datetime


class AlertTally(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts of a watch on a channel wait, in which state and why."""

    channel: str
    watch: str
    when: str
    state: str
    reason: str
    count: int


class OutboxView(msgspec.Struct, frozen=True, kw_only=True):
    """What has not been sent: messages waiting or failed, oldest first, and the alerts not yet in a message."""

    messages: tuple[Message, ...] = ()
    alerts: tuple[AlertTally, ...] = ()

"""Alerts (event x watch x channel) and messages (outbox entries)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tracker.model.vocabulary import When

AlertState = Literal["held", "ready", "in_message", "sent", "failed", "dropped", "silenced"]
MessageState = Literal["waiting", "sent", "failed", "dropped"]
MessageKind = Literal["alert", "digest", "welcome", "operator", "test"]


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


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An outbox entry. ``key`` is unique: (channel, run) or (channel, cadence, local due date); ``message_id`` derives from it.

    ``events`` are the ids it tells of. Times are aware UTC.
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

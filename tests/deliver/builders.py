"""What the tests of delivery are made of: events and alerts for the pure part, messages and settings for the rest."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.builders import DAY, day
from tracker.config import Digest, Mail, Settings
from tracker.config.settings import Operator
from tracker.model.alert import Alert, Message, MessageKind, ReadyAlert
from tracker.model.details import read_details
from tracker.model.event import Event
from tracker.model.vocabulary import Severity, When
from tracker.model.watch import Channel
from tracker.render.mail import message_id

SECRET = "s3cret-token"


def event(event_id: str = "e1", *, story: str = "", kind: str = "titles_changed", severity: Severity = "notable") -> Event:
    """An event; without a story it is one of its own."""
    return Event(
        id=event_id,
        kind=kind,
        trial="ctgov:NCT01234567",
        label="Examplumab",
        severity=severity,
        rule="a rule",
        details=read_details(kind, {}),
        detected_at=DAY,
        seen_between=(day(-1), DAY),
        effective_at=DAY,
        story=story or f"story of {event_id}",
    )


def ready(event_id: str = "e1", when: When = "daily", *, watch: str = "lupus", channel: str = "me", **about: Any) -> ReadyAlert:
    """An alert that waits for a message."""
    alert = Alert(event=event_id, watch=watch, channel=channel, when=when, state="ready")
    return ReadyAlert(alert=alert, event=event(event_id, **about))


def make_message(
    key: str = "alert:me:1", *, channel: str = "me", kind: MessageKind = "alert", created_at: datetime = DAY, **given: Any
) -> Message:
    """A message in the outbox that nobody has tried yet."""
    fields: dict[str, Any] = {
        "subject": f"Jetzt in München: {key}",
        "text": "Sjögren: now recruiting\n",
        "html": "<p>Sjögren: now recruiting</p>\n",
        "message_id": message_id(key, "example.org"),
    }
    return Message(key=key, channel=channel, kind=kind, created_at=created_at, **(fields | given))


def make_mail(port: int, **given: Any) -> Mail:
    """A mail server on the loopback address."""
    fields: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "Trial tracker <tracker@example.org>",
    }
    return Mail(**(fields | given))


def make_settings(mail: Mail | None, channels: dict[str, str], *, operator: str | None = None, **given: Any) -> Settings:
    """Settings with these channels (name to URL) and nothing to follow."""
    return Settings(
        path=Path("config.toml"),
        store_url="sqlite://",
        mail=mail,
        channels=tuple(Channel(name=name, url=url) for name, url in channels.items()),
        operator=Operator(channel=operator),
        digest=Digest(),
        **given,
    )

"""From what a message says to an entry of the outbox."""

from __future__ import annotations

from datetime import datetime

from tracker.config import Settings
from tracker.deliver.channels import mail_domain
from tracker.model.alert import Content, Message, MessageKind
from tracker.render import mail


def make_message(settings: Settings, key: str, channel: str, kind: MessageKind, content: Content, now: datetime) -> Message:
    """An outbox entry; its Message-ID derives from its key, so that a repeated sending can be recognised."""
    return Message(
        key=key,
        channel=channel,
        kind=kind,
        subject=content.subject,
        text=content.text,
        html=content.html,
        message_id=mail.message_id(key, mail_domain(settings)),
        created_at=now,
    )

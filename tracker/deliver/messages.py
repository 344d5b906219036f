"""From what a message says to an entry of the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from tracker.config import Settings
from tracker.deliver.channels import form_for, mail_domain
from tracker.model.alert import Attachment, Content, Message, MessageKind
from tracker.model.watch import Sending
from tracker.render import mail, notices
from tracker.render.numbered import Part


def numbered_messages(
    settings: Settings,
    key: str,
    channel: str,
    kind: MessageKind,
    parts: Sequence[Part],
    now: datetime,
    sending: Sending | None = None,
) -> list[Message]:
    """An outbox entry for each part; the first has the key itself, the others theirs from it, each with its own Message-ID."""
    return [
        make_message(
            settings,
            key if number == 1 else f"{key}:part-{number}",
            channel,
            kind,
            part.content,
            now,
            events=part.events,
            attachments=part.attachments,
            sending=sending,
        )
        for number, part in enumerate(parts, start=1)
    ]


def missed_message(settings: Settings, channel: str, lost: Sequence[Message], now: datetime) -> Message:
    """What a channel that takes messages again has missed."""
    missed = [(message.subject, message.created_at) for message in lost if message.kind != "missed"]
    content = notices.missed(
        channel,
        missed,
        at=now,
        timezone=settings.digest.timezone,
        contact=settings.contact_for(channel),
        form=form_for(settings, channel),
    )
    named = hashlib.sha256(" ".join(message.key for message in lost).encode()).hexdigest()[:20]
    return make_message(settings, f"missed:{channel}:{now.isoformat()}:{named}", channel, "missed", content, now)


def make_message(
    settings: Settings,
    key: str,
    channel: str,
    kind: MessageKind,
    content: Content,
    now: datetime,
    *,
    events: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
    sending: Sending | None = None,
) -> Message:
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
        events=events,
        attachments=attachments,
        sending=sending,
    )

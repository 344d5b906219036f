"""A word to the operator past the outbox, for when the database is the trouble."""

from __future__ import annotations

from datetime import datetime

from tracker import log
from tracker.config import Settings
from tracker.deliver import channels, operator_messages
from tracker.deliver.operator_messages import OperatorMessage
from tracker.errors import DeliveryError

logger = log.get(__name__)


def tell(settings: Settings, given: OperatorMessage, now: datetime) -> bool:
    """Send it at once; whether the operator's channel took it. Without such a channel there is nobody to tell."""
    message = operator_messages.write(settings, given, now)
    if message is None:
        return True
    channel = next(channel for channel in settings.channels if channel.name == message.channel)
    try:
        refused = channels.send(settings, channel, message, (), now)
    except DeliveryError as error:
        logger.error(log.pairs("operator_not_told", subject=given.subject, error=error))
        return False
    if refused:
        logger.error(log.pairs("message_partly_refused", key=message.key, error=" ".join(refused)))
    return True

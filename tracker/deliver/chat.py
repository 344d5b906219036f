"""Every service that apprise knows: the message is handed over by a process that is ended when the service takes too long."""

from __future__ import annotations

import logging
import subprocess  # nosec B404: our own program is run, with nothing of a user in its command line
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from tracker.deliver import apprise_process, bounded
from tracker.deliver.chat_markup import escaped
from tracker.errors import PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.watch import Channel

_KEPT = "The message is kept and tried again."
_PROGRAM = Path(apprise_process.__file__)


def send(channel: Channel, message: Message, longest: float = bounded.LONGEST_SECONDS) -> None:
    """Send a message, within ``longest`` seconds.

    Raises PermanentDeliveryError for an address that apprise does not know, else TransientDeliveryError. A service that
    was left may have taken the message all the same: it then gets it again.
    """
    subject, text = escaped(_service_name(channel), message.subject, message.text)
    line = msgspec.json.encode({"url": channel.url, "subject": subject, "text": text})
    match _exit_code(line + b"\n", longest):
        case apprise_process.TAKEN:
            return
        case None:
            raise TransientDeliveryError(f'Channel "{channel.name}" did not answer within {longest:g} seconds.', remedy=_KEPT)
        case _:
            raise TransientDeliveryError(f'Channel "{channel.name}" did not accept the message.', remedy=_KEPT)


def _service_name(channel: Channel) -> str:
    """Apprise's name of the service behind an address."""
    logging.getLogger("apprise").propagate = False  # it logs addresses with the secrets in them

    import apprise  # a third of a second, for those who use it

    service = apprise.Apprise()
    if not service.add(channel.url):
        raise PermanentDeliveryError(
            f'The address of channel "{channel.name}" is not one that apprise knows.',
            remedy="Correct it, see the list of services in apprise's documentation; then `tracker outbox retry`.",
        )
    return str(service[0].service_name)


def _exit_code(line: bytes, longest: float) -> int | None:
    """How the process ended that got this message; None for one that took too long and was ended.

    It is in a session of its own, or Ctrl-C would end it before us. When we are ended, the end of its standard input ends it.
    """
    with subprocess.Popen(  # nosec B603
        [sys.executable, "-P", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        try:
            with suppress(BrokenPipeError):  # it has ended; its exit code says so
                process.stdin.write(line)
                process.stdin.flush()
            return process.wait(longest)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            with suppress(BrokenPipeError):
                process.stdin.close()

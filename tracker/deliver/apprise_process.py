"""Run as a process of its own: hands one message to apprise, and tells by its exit code whether the service took it.

Apprise bounds neither the time nor the size of an answer, and a thread that waits in it cannot be ended; a process can. The
message comes as a line of JSON on standard input, for other users of the machine can read a command line. It imports
nothing of tracker, so that it starts fast.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from contextlib import suppress

TAKEN, REFUSED = 0, 1

MEMORY = 1 << 29
"""Bytes of address space: an answer without end fails here, and takes no memory from anything else."""


def end_with_parent() -> None:
    """Wait until the process that started this one is gone or has closed our standard input, and end."""
    sys.stdin.buffer.read()
    os._exit(REFUSED)


def notify(url: str, subject: str, text: str) -> bool:
    """Whether the service took the message."""
    logging.disable(logging.CRITICAL)  # apprise logs addresses with the secrets in them

    import apprise

    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="tracker", app_desc="Trial registry tracker"))
    service.add(url)
    if "overflow=" not in url:
        for plugin in service:  # chat services refuse long messages whole: a digest goes there in parts
            plugin.overflow_mode = apprise.OverflowMode.SPLIT
    return bool(service.notify(title=subject, body=text, body_format=apprise.NotifyFormat.TEXT))


def main() -> None:
    """Read the message, watch over the parent, send."""
    with suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    message = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    taken = notify(message["url"], message["subject"], message["text"])
    os._exit(TAKEN if taken else REFUSED)  # not even a thread of a service's plugin is waited for


if __name__ == "__main__":
    main()

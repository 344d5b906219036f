"""Ctrl-C and SIGTERM end the process within `GRACE` seconds, whatever it waits for.

Python runs a signal's handler in the main thread, between two of its own steps: while that thread waits in a driver of a
database or in the system's resolver, the handler waits too. So a thread of its own is woken by the signal itself.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from tracker import clock
from tracker.stopping import Stop

GRACE = 1.2
"""Seconds for an orderly end. What still hangs then is left: a kill loses nothing, so neither does this."""

ENDING = (signal.SIGINT, signal.SIGTERM)


class Heard:
    """Which signal asked the process to end; 0 for none. ``said``: the user was told that we end."""

    def __init__(self) -> None:
        self.number = 0
        self.said = False

    @property
    def code(self) -> int:
        """The exit code by which shells and supervisors know the signal."""
        return 128 + self.number


@contextmanager
def heeded(stop: Stop, *, orderly: bool, daemon: bool = False, words: Callable[[], None] = lambda: None) -> Iterator[Heard]:
    """Heed both signals while the context lasts, and from the first one on until the process has ended.

    Each asks ``stop``. An ``orderly`` program looks at it and ends by itself; any other is interrupted by KeyboardInterrupt.
    What hangs is left after `GRACE`, once ``words`` were said, with the signal's exit code, a ``daemon`` with 0.
    """
    heard = Heard()
    if threading.current_thread() is not threading.main_thread():
        yield heard
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        heard.number = heard.number or number  # this thread may be the first to hear
        if not orderly:
            raise KeyboardInterrupt

    def wake(number: int) -> None:
        heard.number = heard.number or number
        stop.ask()
        clock.sleep(GRACE)
        _leave(0 if daemon else heard.code, heard, words)

    reader, writer = socket.socketpair()
    writer.setblocking(False)
    threading.Thread(target=_watch, args=(reader, wake), name="signals", daemon=True).start()
    # One that is ignored, as in a shell's background job, stays so.
    taken = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, on_signal) for number in taken}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(descriptor)
        writer.close()


def _watch(reader: socket.socket, wake: Callable[[int], None]) -> None:
    """Wait for a signal that ends us; return when nobody can send one any more."""
    with reader, suppress(OSError):
        while came := reader.recv(64):
            for number in came:
                if number in ENDING:
                    wake(number)


def _leave(code: int, heard: Heard, words: Callable[[], None]) -> None:
    """End at once. The last words are said in a thread, for nobody may be reading them."""

    def say() -> None:
        if not heard.said:
            words()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()

    saying = threading.Thread(target=say, daemon=True)
    saying.start()
    saying.join(0.2)
    os._exit(code)

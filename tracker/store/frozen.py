"""A PostgreSQL server that stands still: its socket stays open and nothing ever comes, so a statement would wait for ever."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from tracker import clock

if TYPE_CHECKING:
    import psycopg

CONNECT_WITHIN = 10
"""Seconds for a new connection."""

QUIET_FOR = 18.0
"""Seconds in which a connection at work says nothing before the server is asked over another one whether it lives: a long
statement or a wait for another writer is no reason to give up, a server that answers nobody is. Together under 30 s."""

_LOOK_EVERY = 1.0


class Watchdog:
    """Ends the connections of an engine whose server no longer answers. Its thread runs while there is one at work."""

    def __init__(self, engine: Engine, address: Mapping[str, Any]) -> None:
        self._address = dict(address)
        self._at_work: dict[int, tuple[psycopg.Connection, float]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        event.listen(engine, "checkout", lambda connection, *_: self._seen(connection))
        event.listen(engine, "checkin", lambda connection, *_: self._done(connection))
        event.listen(engine, "before_cursor_execute", self._before)

    def _before(self, _connection: object, cursor: Any, *_rest: object) -> None:
        self._seen(cursor.connection)

    def _seen(self, connection: psycopg.Connection) -> None:
        with self._lock:
            self._at_work[id(connection)] = connection, clock.monotonic()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()

    def _done(self, connection: psycopg.Connection | None) -> None:
        with self._lock:
            self._at_work.pop(id(connection), None)

    def _watch(self) -> None:
        while True:
            clock.sleep(_LOOK_EVERY)
            with self._lock:
                if not self._at_work:
                    self._thread = None
                    return
                quiet = [item for item in self._at_work.values() if clock.monotonic() - item[1] >= QUIET_FOR]
            if not quiet:
                continue
            lives = self._answers()
            for connection, _ in quiet:
                if lives:
                    self._let_wait(connection)
                else:
                    _end(connection)

    def _let_wait(self, connection: psycopg.Connection) -> None:
        with self._lock:
            if id(connection) in self._at_work:
                self._at_work[id(connection)] = connection, clock.monotonic()

    def _answers(self) -> bool:
        """Whether the server takes a new connection; one that refuses it lives too."""
        import psycopg

        try:
            with psycopg.connect(**self._address) as connection:
                connection.execute("SELECT 1")
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            return True
        return True


def _end(connection: psycopg.Connection) -> None:
    """Close the socket under a connection, so that whoever waits on it gets an error."""
    # It may have been closed this moment.
    with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)

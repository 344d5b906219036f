"""A pass against a host that resets, hangs or trickles: seconds until it ends, whatever the number of trials."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import environ, run, tracker
from benchmarks.stage import by_number, configure
from tracker import clock
from tracker.store import migrate

NAME = "hosts"
_TRIALS = 500
_BAR = Bar(120, of="figure")
_LIMIT = 900.0
Manner = Callable[[socket.socket], None]


def measure(size: Size, folder: Path) -> list[Figure]:
    """All manners side by side: they wait, and use next to no processor time."""
    manners: tuple[tuple[str, Manner], ...] = (("resets", _resets), ("hangs", _hangs), ("trickles", _trickles))
    if size == "tiny":
        manners = (("has nothing", _has_nothing),)
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda one: _pass(folder / one[0], *one), manners))


def _pass(folder: Path, name: str, manner: Manner) -> Figure:
    folder.mkdir()
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as server:
        threading.Thread(target=_accept, args=(server, manner), daemon=True).start()
        settings = configure(folder, by_number(_TRIALS), f"http://127.0.0.1:{server.getsockname()[1]}")
        migrate(settings.store_url, now=clock.now())
        config = ("--config", folder / "config.toml")
        cost = run(tracker("sync", *config), folder=folder, environ=environ(), limit=_LIMIT, expected=None)
    note = "ended after the limit" if cost.code < 0 else ""
    return Figure(
        name=f"a pass over {_TRIALS} trials against a host that {name}", figure=cost.wall, unit="s", bar=_BAR, note=note
    )


def _accept(server: socket.socket, manner: Manner) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_met, args=(connection, manner), daemon=True).start()


def _met(connection: socket.socket, manner: Manner) -> None:
    with suppress(OSError), closing(connection):
        connection.recv(65_536)
        manner(connection)


def _has_nothing(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _hangs(connection: socket.socket) -> None:
    connection.recv(1)  # until the other end gives up


def _trickles(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{")
    while True:
        connection.sendall(b" ")
        time.sleep(1)  # noqa: TID251 - the host's own slowness

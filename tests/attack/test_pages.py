"""robots.txt of a page's host is read to its limit and no further, within its own short time."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.attack.registry import Answer, Asked, Registry
from tests.attack.scene import SENDS, Scene


def endless(registry: Registry, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\n")
    while True:
        connection.sendall(b"Disallow: /never/\n" * 500)


def slow(registry: Registry, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b"#")
        registry.wire.pause(0.5)


def silent(registry: Registry, connection: socket.socket) -> None:
    registry.wire.pause(3600)


def text(body: bytes) -> Any:
    return lambda registry, connection: connection.sendall(Answer(200, body, "text/plain").bytes())


FORBIDS = "User-agent: *\nDisallow: /\n"
ROBOTS: dict[str, tuple[Any, bool]] = {  # what is served, and whether the page is asked for all the same
    "endless": (endless, True),
    "slow": (slow, False),
    "silent": (silent, False),
    "utf-16 forbids": (text(FORBIDS.encode("utf-16")), False),
    "utf-16-le forbids": (text(b"\xff\xfe" + FORBIDS.encode("utf-16-le")), False),
    "utf-16-be forbids": (text(b"\xfe\xff" + FORBIDS.encode("utf-16-be")), False),
    "nan": (text(b"User-agent: *\nCrawl-delay: nan\n"), False),
    "inf": (text(b"User-agent: *\nCrawl-delay: inf\n"), False),
    "huge": (text(b"User-agent: *\nCrawl-delay: 1e300\n"), False),
    "negative": (text(b"User-agent: *\nCrawl-delay: -5\n"), True),
    "rate": (text(b"User-agent: *\nRequest-rate: 1/999999999d\n"), False),
}


@pytest.mark.cost(45)
@pytest.mark.parametrize("robots", ROBOTS)
def test_a_hostile_robots_file_ends(scene: Scene, robots: str) -> None:
    serve, asks = ROBOTS[robots]
    pages: list[str] = []

    def attack(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
        if asked.path.endswith("/robots.txt"):
            serve(registry, connection)
            return True
        if "/clinical-trials/" in asked.path:
            pages.append(asked.path)
            connection.sendall(Answer(404, b"no such page", "text/html").bytes())
            return True
        return False

    scene.registry.attack = attack
    site = f"http://127.0.0.1:{scene.registry.wire.port}/meddatax"
    reader = f'[sources.meddatax]\nbase_url = "{site}"\npace = 20\n'
    scene.configure(f'[[watch]]\nname = "mine"\npages = ["{site}/clinical-trials/NCT00000001"]\n{SENDS}', extra=reader)
    ended = scene.run("sync", limit=150)
    assert ended.code in (0, 1, 3), (ended.code, ended.said[-500:])
    assert ended.memory < 300_000_000
    assert bool(pages) == asks, ended.said[-500:]
    assert asks or ended.code in (1, 3), "a page that is not asked is said"

"""A registry that speaks the documented API v2 of ClinicalTrials.gov, on raw sockets, and can be made to lie or to hang."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.attack.records import Study, number_of
from tests.attack.wires import Wire


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """One answer, to be spoilt by an attack before it is sent."""

    status: int
    body: bytes
    kind: str = "application/json"
    more: tuple[str, ...] = ()

    def bytes(self) -> bytes:
        head = [f"HTTP/1.1 {self.status} X", f"Content-Type: {self.kind}", f"Content-Length: {len(self.body)}", *self.more]
        return "\r\n".join([*head, "Connection: close", "", ""]).encode() + self.body


Attack = Callable[["Registry", socket.socket, Asked], bool]
"""Serves a connection in the registry's place; False leaves it to the registry."""


def read_request(connection: socket.socket) -> Asked:
    """Read one request. Raises OSError or ValueError when none comes."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65536)
        if not piece or len(raw) > 1_000_000:
            raise OSError("no request")
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    parts = urlsplit(target)
    return Asked(method, unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)


class Registry:
    """``studies`` are served in their order, ``stamp`` is the time of the data; ``attack`` may answer instead."""

    def __init__(self, stamp: str) -> None:
        self.studies: dict[str, Study] = {}
        self.stamp = stamp
        self.page_size = 1000
        self.attack: Attack | None = None
        self.asked: list[Asked] = []
        self.wire = Wire(self._serve)

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.wire.port}/api/v2"

    def add(self, *studies: Study) -> None:
        """Hold these too."""
        self.studies.update({number_of(study): study for study in studies})

    def answer(self, asked: Asked) -> Answer:
        """The registry's own answer."""
        rest = asked.path.removeprefix("/api/v2")
        if rest == "/version":
            return _json({"apiVersion": "2.0.5", "dataTimestamp": self.stamp})
        if rest == "/studies":
            return self._page(asked.params)
        if found := re.fullmatch(r"/studies/(NCT\d{8})", rest):
            study = self.studies.get(found[1])
            return _json(self.served(study)) if study else Answer(404, b"not found", "text/plain")
        return Answer(404, b"not found", "text/plain")

    def served(self, study: Study) -> Study:
        """A study as it is served today: it names the day of the data."""
        return {**study, "derivedSection": {"miscInfoModule": {"versionHolder": self.stamp[:10]}}}

    def _page(self, params: dict[str, str]) -> Answer:
        found = list(self.studies.values())
        if "filter.ids" in params:
            wanted = set(re.split("[,|]", params["filter.ids"]))
            found = [study for study in found if wanted & {number_of(study), *_aliases(study)}]
        start, size = int(params.get("pageToken", "0")), min(int(params.get("pageSize", "10")), self.page_size)
        page: dict[str, Any] = {"studies": [self.served(study) for study in found[start : start + size]]}
        if params.get("countTotal") == "true":
            page["totalCount"] = len(found)
        if start + size < len(found):
            page["nextPageToken"] = str(start + size)
        return _json(page)

    def _serve(self, connection: socket.socket) -> None:
        asked = read_request(connection)
        self.asked.append(asked)
        if self.attack and self.attack(self, connection, asked):
            return
        connection.sendall(self.answer(asked).bytes())


def _aliases(study: Study) -> list[str]:
    return study["protocolSection"]["identificationModule"].get("nctIdAliases", [])


def _json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())


# --- attacks on whoever asks ----------------------------------------------------------------------------------------


def spoiling(spoil: Callable[[Asked, Answer], Answer]) -> Attack:
    """Answers that are the registry's own, spoilt."""

    def attack(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
        connection.sendall(spoil(asked, registry.answer(asked)).bytes())
        return True

    return attack


def for_records(attack: Attack) -> Attack:
    """The attack only where records are asked for; the data version is told as ever."""
    return lambda registry, connection, asked: asked.path.endswith("/studies") and attack(registry, connection, asked)


def silence(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
    """Accept and never answer."""
    registry.wire.pause(3600)
    return True


def trickle(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
    """Answer truly, a byte at a time."""
    raw = registry.answer(asked).bytes()
    head = raw.index(b"\r\n\r\n") + 4
    connection.sendall(raw[:head])
    for place in range(head, len(raw)):
        connection.sendall(raw[place : place + 1])
        registry.wire.pause(0.3)
    return True


def trickled_head(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
    """Answer with headers that never end, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        for byte in b"X-Wait: and-wait\r\n":
            connection.sendall(bytes([byte]))
            registry.wire.pause(0.3)

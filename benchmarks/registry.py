"""A registry that answers like ClinicalTrials.gov, in memory or as a process of its own: ``python -m benchmarks.registry N``.

It holds so many studies, all of which every search holds, and shows them as on one day.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import urlopen

import msgspec

from benchmarks import studies
from benchmarks.measuring import ROOT, environ
from tracker.model.source import DataVersion, Response, SourceInfo, TlsChoice, Validators

Edit = Literal["none", "stamped", "verified", "amended"]

_LISTED = (
    b'{"protocolSection":{"identificationModule":{"nctId":"%s"},"statusModule":{"studyFirstPostDateStruct":{"date":"2020-01-02"},'
    b'"lastUpdatePostDateStruct":{"date":"2026-01-02"}}}}'
)


class Held(msgspec.Struct, kw_only=True):
    """What the registry shows: on ``day``, with the first ``edited`` studies otherwise than on ``first_day``.

    ``none``: not a byte moves but the time of the data. ``stamped``: each study's version holder moves, as every working day.
    """

    count: int
    first_day: str
    day: str
    edit: Edit = "none"
    edited: int = 0

    @property
    def version(self) -> DataVersion:
        """The registry's time of its data."""
        return DataVersion(timestamp=f"{self.day}T09:00:05", date=self.day)

    def study(self, place: int) -> bytes:
        """A study as it is served."""
        study = studies.varied(place, self.first_day if self.edit == "none" else self.day)
        if place < self.edited and self.edit == "verified":
            return studies.reverified(study, self.day[:7])
        if place < self.edited and self.edit == "amended":
            return studies.amended(study, int(self.day[-2:]), self.day)
        return study

    def answer(self, path: str, params: Mapping[str, str]) -> bytes | None:
        """The body of an answer; None for what is not there."""
        kind, _, number = path.strip("/").partition("/")
        if kind == "version":
            return msgspec.json.encode({"apiVersion": "2.0.5", "dataTimestamp": self.version.timestamp})
        if kind != "studies":
            return None
        if number:
            place = self._place(number)
            return None if place is None else self.study(place)
        return self._page(params)

    def _page(self, params: Mapping[str, str]) -> bytes:
        asked = [place for number in params.get("filter.ids", "").split(",") if (place := self._place(number)) is not None]
        updated = self.edited if "LastUpdatePostDate" in params.get("filter.advanced", "") else self.count
        places: Sequence[int] = asked if "filter.ids" in params else range(updated)
        start, size = int(params.get("pageToken", "0")), int(params.get("pageSize", "10"))
        some = places[start : start + size]
        token = str(start + size) if start + size < len(places) else ""
        whole = "fields" not in params
        return studies.page([self.study(n) if whole else _LISTED % studies.nct(n).encode() for n in some], token)

    def _place(self, number: str) -> int | None:
        place = int(number[3:] or -1) - 70_000_000 if number.startswith("NCT") else -1
        return place if 0 <= place < self.count else None


class InMemory:
    """Binds every source to a registry in memory; a `Fetch` too."""

    base_url = "https://registry.test/api"

    def __init__(self, answer: Callable[[str, Mapping[str, str]], bytes | None], at: Callable[[], datetime]) -> None:
        self._answer = answer
        self._at = at

    def bind(
        self, info: SourceInfo, *, base_url: str, pace: float, tls: TlsChoice = "auto", user_agent: str | None = None
    ) -> Self:
        """The client of a source: this."""
        return self

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
        try_profiles: bool = True,
    ) -> Response:
        """Get an address."""
        body = self._answer(url, dict(params))
        assert body is not None, url
        headers = {"content-type": "application/json"}
        return Response(url=f"{self.base_url}/{url}", status=200, headers=headers, body=body, fetched_at=self._at())

    def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
        """Post a question, which is answered as an address with one parameter."""
        return self.get(url, [("body", body.decode())], accept=accept)


class Served:
    """The registry as a process of its own on the loopback address; a context manager."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.registry", msgspec.json.encode(held).decode()],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **environ()},
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().decode().strip()

    def show(self, day: str, edit: Edit = "none", edited: int = 0) -> None:
        """Turn to another day."""
        with urlopen(f"{self.url}/show?{urlencode({'day': day, 'edit': edit, 'edited': edited})}") as answer:
            answer.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    import os


def noon(day: str) -> datetime:
    """Noon of a day, in UTC."""
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


def _serve(held: Held) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, params = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
            if path == "/show":
                held.day, held.edited = params["day"], int(params["edited"])
                held.edit = msgspec.convert(params["edit"], Edit)
                body: bytes | None = b"{}"
            else:
                body = held.answer(path, params)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _serve(msgspec.json.decode(sys.argv[1], type=Held))

"""A web server on the loopback address with the recorded days: the registry's API and the pages of two sites.

It answers what the demo asks and nothing else. Faults, paging and the registry's search language are in the tests' own
registry (tests/lab).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tracker.demo.days import DemoDay

_JSON, _HTML, _TEXT = "application/json", "text/html; charset=utf-8", "text/plain"


class DemoServer:
    """The server, running from construction to the end of its ``with``; ``day`` is the day that it shows."""

    def __init__(self, day: DemoDay) -> None:
        self.day = day
        demo = self

        class Handler(BaseHTTPRequestHandler):
            """Answers from the day that is shown."""

            def do_GET(self) -> None:
                """Answer one request; a page that the client already has is not sent again."""
                status, content_type, body = answer(demo.day, self.path)
                tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
                if status == 200 and self.headers.get("If-None-Match") == tag:
                    status, body = 304, b""
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Print nothing: the demo's output is the tracker's."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False  # so that server_close waits for every answer
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-registry")
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answer(day: DemoDay, target: str) -> tuple[int, str, bytes]:
    """Status, content type and body of the answer to ``GET target`` on a day."""
    parts = urlsplit(target)
    params = dict(parse_qsl(parts.query))
    if parts.path in day.pages:
        return 200, _HTML, day.pages[parts.path].encode()
    if parts.path == "/robots.txt":
        return 200, _TEXT, b"User-agent: *\nAllow: /\n"
    if parts.path == "/api/v2/version":
        return 200, _JSON, msgspec.json.encode({"apiVersion": "2.0.5", "dataTimestamp": day.data_timestamp})
    if parts.path == "/api/v2/studies" and (asked := _asked(day, params)) is not None:
        found = [msgspec.Raw(day.studies[nct]) for nct in asked if nct in day.studies]
        return 200, _JSON, msgspec.json.encode({"totalCount": len(found), "studies": found})
    return 404, _TEXT, b"The demo recorded no answer to this."


def _asked(day: DemoDay, params: Mapping[str, str]) -> tuple[str, ...] | None:
    """The numbers asked for by number or by condition; None for a question that the demo does not ask."""
    if "filter.ids" in params:
        return tuple(params["filter.ids"].replace("|", ",").split(","))
    return day.searches.get(params.get("query.cond", ""))

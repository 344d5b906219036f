"""A register on the loopback address that behaves like the EU Clinical Trials Register, its misbehaviours included.

A search answers with a page that says where results stand, a download with the text of all countries, and a number that it does
not know with a page that counts nothing. Whatever goes wrong there is a web page with the status 200.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.server import LoopbackServer, Reply, Request

ROOT = "/ctr-search"
ORDINARY = Path(__file__).parent.parent / "fixtures" / "euctr" / "ordinary.txt"
NUMBER = "2090-000001-10"

Fault = Callable[[Request], Reply | None]

_HTML = {"Content-Type": "text/html;charset=UTF-8"}
_TEXT = {"Content-Type": "text/plain;charset=UTF-8"}
MAINTENANCE = Reply(200, _HTML, b"\n\n<!DOCTYPE html><html><head><title>Clinical Trials register</title></head><body/></html>")
_SEARCH = """

<!DOCTYPE html><html><body>
{count} result(s) found for: eudract_number:{number}.
{rows}</body></html>"""
_ROW = """<table class="result"><tr><td><span class="label">EudraCT Number:</span> {number}</td></tr>
<tr><td colspan="3">
<span class="label">Trial results:</span>
{results}
</td></tr></table>"""
_LINK = '<a href="/ctr-search/trial/{number}/results">View results</a>'
_NONE = "<i>(No results available)</i>"
_RESULTS = """<html><body><table><tr><td>Results information</td></tr>
<tr><td class="labelColumn">Results version number</td><td class="valueColumn">
{version}</td></tr>
<tr><td>This version publication date</td><td>{published}</td></tr>
<tr><td>First version publication date</td><td>14 Sep 2089</td></tr>
<tr><td>Other versions</td><td></td></tr>
<tr><td>Trial identification</td></tr></table></body></html>"""


class LoopbackEuRegister:
    """The register, running from construction to ``close``; a context manager.

    ``texts`` are the downloads by number, ``versions`` the results by number: the version and its date. ``requests`` lists what
    was asked. ``fault`` may answer in the register's place.
    """

    def __init__(self) -> None:
        self.texts = {NUMBER: ORDINARY.read_text(encoding="utf-8")}
        self.versions: dict[str, tuple[str, str]] = {}
        self.requests: list[Request] = []
        self.fault: Fault | None = None
        self._server = LoopbackServer(self._reply)
        self.base_url = self._server.url + ROOT

    @property
    def asked(self) -> list[str]:
        """The paths that were asked, below the register's own."""
        return [request.path.removeprefix(f"{ROOT}/") for request in self.requests]

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _reply(self, request: Request) -> Reply:
        self.requests.append(request)
        return (self.fault(request) if self.fault else None) or self._answer(request)

    def _answer(self, request: Request) -> Reply:
        path, params = request.path.removeprefix(f"{ROOT}/"), dict(request.params)
        number = params.get("query", "").removeprefix("eudract_number:")
        if path == "search":
            known = number in self.texts
            results = _LINK if number in self.versions else _NONE
            rows = _ROW.format(number=number, results=results.format(number=number)) if known else ""
            return Reply(200, _HTML, _SEARCH.format(count=int(known), number=number, rows=rows).encode())
        if path == "rest/download/full" and number in self.texts and params.get("mode") == "current_page":
            return Reply(200, _TEXT, self.texts[number].encode())
        if path.startswith("trial/") and (version := self.versions.get(path.split("/")[1])):
            return Reply(200, _HTML, _RESULTS.format(version=version[0], published=version[1]).encode())
        return MAINTENANCE

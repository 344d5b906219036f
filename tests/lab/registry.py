"""A registry on the loopback address that behaves like ClinicalTrials.gov's API v2 and history, as far as a tracker asks it.

It also serves the trial pages of sites that copy the registry. What it holds is a `Day`; ``show`` turns the page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import msgspec

from tests.lab.day import Day
from tests.lab.selection import KNOWN_PARAMETERS, BadParameter, canonical, select
from tests.lab.server import LoopbackServer, Reply, Request
from tests.lab.study_paths import Path, resolve, restrict

API_VERSION = "2.0.5"
API = "/api/v2"
HISTORY = "/api/int/studies"

_STUDY_PARAMETERS = frozenset({"format", "markupFormat", "fields"})
_JSON = {"Content-Type": "application/json"}
_TEXT = {"Content-Type": "text/plain"}

Fault = Callable[[Request], Reply | None]


class LoopbackRegistry:
    """The registry, running from construction to ``close``; a context manager.

    ``requests`` lists what was asked, in order. ``fault`` may answer in the registry's place: given the request it gives a
    `Reply`, or None to let the registry answer (``registry.answer(request)`` is that answer, to be spoilt). ``largest_page``
    is how many studies a page holds at most.
    """

    def __init__(self, day: Day) -> None:
        self.fault: Fault | None = None
        self.largest_page = 1000
        self.requests: list[Request] = []
        self._shown = _Shown(day)
        self._server = LoopbackServer(self._reply)
        self.url = self._server.url

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self.url + API

    @property
    def _sites_url(self) -> str:
        """Page sites have a host of their own, as everywhere: what the registry does is not held against them."""
        return self.url.replace("127.0.0.1", "localhost")

    @property
    def meddatax_url(self) -> str:
        """The site whose pages are at /clinical-trials/NUMBER."""
        return self._sites_url + "/meddatax"

    @property
    def trialx_url(self) -> str:
        """The site whose pages are at /clinical-trials/listings/NUMBER/TITLE/."""
        return self._sites_url + "/trialx"

    @property
    def day(self) -> Day:
        """The day that is shown."""
        return self._shown.day

    def show(self, day: Day) -> None:
        """Show another day: each request is answered wholly from the day before or wholly from this one."""
        self._shown = _Shown(day)

    def answer(self, request: Request) -> Reply:
        """The registry's answer, faults left aside."""
        return self._shown.answer(request, self.largest_page)

    def close(self) -> None:
        """Stop serving; no thread and no socket is left."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _reply(self, request: Request) -> Reply:
        self.requests.append(request)
        spoilt = self.fault(request) if self.fault else None
        return spoilt or self.answer(request)


class _Shown:
    """One day and the listings asked of it so far, so that a page further on does not search again."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self._selections: dict[tuple[tuple[str, str], ...], tuple[str, ...]] = {}
        # As seen at the registry: the tag belongs to the data set of the day, not to the query.
        self._tag = f'"{hashlib.sha256(day.data_timestamp.encode()).hexdigest()[:20]}"'

    def answer(self, request: Request, largest_page: int) -> Reply:
        """Route one request."""
        if request.method not in ("GET", "HEAD"):
            return Reply(405, {**_TEXT, "Allow": "GET, HEAD"}, b"Method not allowed")
        if request.path == "/robots.txt":
            return Reply(200, _TEXT, b"User-agent: *\nAllow: /\n")
        if request.path.startswith(HISTORY + "/"):
            return self._history(request)
        if not request.path.startswith(API + "/"):
            return self._page(request)
        rest = request.path[len(API) :]
        if rest == "/version":
            return _json({"apiVersion": API_VERSION, "dataTimestamp": self.day.data_timestamp})
        try:
            if rest == "/studies":
                reply = self._studies(_parameters(request, KNOWN_PARAMETERS), largest_page)
            elif match := re.fullmatch(r"/studies/([^/]+)", rest):
                reply = self._study(match[1], _parameters(request, _STUDY_PARAMETERS))
            else:
                return Reply(404, _TEXT, b"Not found")
        except BadParameter as error:
            return Reply(400, _TEXT, str(error).encode())
        if reply.status == 200 and request.headers.get("if-none-match") == self._tag:
            return Reply(304, {"ETag": self._tag})
        return reply

    def _history(self, request: Request) -> Reply:
        """As reported: a version that does not exist is refused like a stranger."""
        nct, _, rest = request.path.removeprefix(HISTORY + "/").partition("/")
        past = self.day.histories.get(nct)
        if past is None:
            return Reply(404, _TEXT, f"No study {nct} history summary".encode())
        if not rest:
            asked = dict(request.params).get("history") == "true"
            return _json({"study": past.present(), "topics": []} | ({"history": past.index()} if asked else {}))
        if rest == "history":
            return _json(past.index())
        if (match := re.fullmatch(r"history/([0-9]+)", rest)) and int(match[1]) < len(past.versions):
            return _json(past.version(int(match[1])))
        return Reply(403, {"Content-Type": "text/html"}, b"<html><title>403 Forbidden</title>Access denied</html>")

    def _study(self, number: str, params: dict[str, str]) -> Reply:
        nct = canonical(number)
        if nct is None:
            raise BadParameter("Parameter `nctId` has incorrect format")
        if nct not in self.day.studies:
            current = self.day.aliases.get(nct)
            if current:
                return Reply(301, {"Location": f"{API}/studies/{current}"})
            text = f"NCT number {nct} not found"
            return Reply(404, {"Content-Type": "text/plain; charset=UTF-8"}, text.encode())
        return Reply(200, {**_JSON, "ETag": self._tag}, self._body(nct, _fields(params)))

    def _studies(self, params: dict[str, str], largest_page: int) -> Reply:
        paging = ("pageSize", "pageToken", "countTotal", "fields")
        key = tuple(sorted((name, value) for name, value in params.items() if name not in paging))
        if key not in self._selections:
            self._selections[key] = select(self.day, params)
        selected, fields = self._selections[key], _fields(params)
        start, size = _offset(params.get("pageToken")), min(_page_size(params.get("pageSize", "")), largest_page)
        page = selected[start : start + size]
        head = f'"totalCount":{len(selected)},' if params.get("countTotal") == "true" and "pageToken" not in params else ""
        rest = f',"nextPageToken":"{_token(start + size)}"' if start + size < len(selected) else ""
        # Every study stands on a line of its own, as the API's description says.
        studies = b",\n".join(self._body(nct, fields) for nct in page)
        body = b"".join([b"{", head.encode(), b'"studies":[\n', studies, b"\n]", rest.encode(), b"}"])
        return Reply(200, {**_JSON, "ETag": self._tag}, body)

    def _body(self, nct: str, fields: tuple[Path, ...]) -> bytes:
        return msgspec.json.encode(restrict(self.day.study(nct), fields)) if fields else self.day.body(nct)

    def _page(self, request: Request) -> Reply:
        html = self.day.pages.get(request.path)
        if html is None:
            return Reply(404, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><title>Page not found</title>\n")
        body = html.encode()
        headers = {"Content-Type": "text/html; charset=utf-8", "ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Reply(304, headers)
        return Reply(200, headers, body)


def _parameters(request: Request, known: frozenset[str]) -> dict[str, str]:
    params: dict[str, str] = {}
    for name, value in request.params:
        if name not in known:
            raise BadParameter(f"`{name}` is unknown parameter")
        params[name] = value
    if params.get("format", "json") != "json":
        raise BadParameter(f"Invalid value in parameter `format`: `{params['format']}`")
    return params


def _fields(params: Mapping[str, str]) -> tuple[Path, ...]:
    paths = []
    for position, name in enumerate(re.split(r"[,|]", params["fields"]) if "fields" in params else [], 1):
        path = resolve(name)
        if path is None:
            raise BadParameter(f"Item {position} in parameter `fields` has unknown field: `{name}`")
        paths.append(path)
    return tuple(paths)


def _page_size(value: str) -> int:
    if value and not value.isdecimal():
        raise BadParameter("Parameter `pageSize` has incorrect format")
    return min(int(value or 0) or 10, 1000)


def _token(offset: int) -> str:
    """An opaque token; like the registry's, its length varies."""
    return base64.urlsafe_b64encode(f"{offset}{'.' * (offset % 7)}".encode()).decode().rstrip("=")


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).rstrip(b"."))
    except ValueError as error:
        raise BadParameter("Parameter `pageToken` has incorrect format") from error


def _json(value: object) -> Reply:
    return Reply(200, _JSON, msgspec.json.format(msgspec.json.encode(value), indent=2))

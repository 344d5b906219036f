"""A client of the loopback registry: the standard library's, so that nothing of the tracker's own is in the way."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple


class Answered(NamedTuple):
    """Status, headers (lower case) and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def ask(url: str, params: dict[str, str] | None = None, headers: dict[str, str] | None = None, method: str = "GET") -> Answered:
    """One request; redirects and errors come back as answers."""
    query = "?" + urllib.parse.urlencode(params) if params else ""
    request = urllib.request.Request(url + query, headers=headers or {}, method=method)
    try:
        with _opener.open(request, timeout=10) as response:
            return Answered(response.status, {k.lower(): v for k, v in response.headers.items()}, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


def numbers(answered: Answered) -> list[str]:
    """The NCT numbers of the studies in a page, in order."""
    return [study["protocolSection"]["identificationModule"]["nctId"] for study in answered.json["studies"]]

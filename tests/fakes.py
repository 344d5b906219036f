"""Scripted stand-ins for the outside world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tracker.model.source import Response, Validators

Params = dict[str, str]
Served = bytes | Response | Exception
Answerer = Callable[[str, Params], Served]
FETCHED_AT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)


class ScriptedFetch:
    """A `Fetch` that answers from a script: a list in order, a table by address, or a function of address and parameters.

    An exception in the script is raised, and bytes are the body of a plain answer. ``asked`` holds each address and its
    parameters, ``options`` what was accepted and which validators were sent along, ``profiles`` whether other TLS profiles
    might be tried.
    """

    def __init__(
        self,
        script: Sequence[Served] | Mapping[str, Served] | Answerer,
        *,
        base_url: str = "https://registry.test/api",
        content_type: str = "application/json",
    ) -> None:
        self.base_url = base_url
        self.asked: list[tuple[str, Params]] = []
        self.options: list[tuple[str, Validators | None]] = []
        self.profiles: list[bool] = []
        self._answer = _answerer(script)
        self._content_type = content_type

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
        try_profiles: bool = True,
    ) -> Response:
        given = dict(params)
        assert len(given) == len(params), f"a parameter is given twice: {params}"
        self.asked.append((url, given))
        self.options.append((accept, validators))
        self.profiles.append(try_profiles)
        return self._response(url, self._answer(url, given))

    def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
        """A posted question is scripted as an address with one parameter, ``body``."""
        self.asked.append((url, {"body": body.decode()}))
        self.options.append((accept, None))
        return self._response(url, self._answer(url, {"body": body.decode()}))

    def _response(self, url: str, served: Served) -> Response:
        if isinstance(served, Exception):
            raise served
        if isinstance(served, Response):
            return served
        return Response(
            url=f"{self.base_url}/{url}",
            status=200,
            headers={"content-type": self._content_type},
            body=served,
            fetched_at=FETCHED_AT,
        )


def _answerer(script: Sequence[Served] | Mapping[str, Served] | Answerer) -> Answerer:
    if callable(script):
        return script
    if isinstance(script, Mapping):
        return lambda url, _: script[url]
    answers = iter(script)
    return lambda *_: next(answers)

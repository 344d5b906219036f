"""Scripted stand-ins for the outside world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from tracker.model.source import Response, Validators

Params = dict[str, str]
Served = bytes | Exception
FETCHED_AT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)


class ScriptedFetch:
    """A `Fetch` that answers from a script: a list of answers in order, or a function of address and parameters.

    An exception in the script is raised. ``asked`` holds what was asked for.
    """

    def __init__(
        self,
        script: Sequence[Served] | Callable[[str, Params], Served],
        *,
        base_url: str = "https://registry.test/api",
        content_type: str = "application/json",
    ) -> None:
        self.base_url = base_url
        self.asked: list[tuple[str, Params]] = []
        self._script = script if callable(script) else iter(script)
        self._content_type = content_type

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
    ) -> Response:
        given = dict(params)
        assert len(given) == len(params), f"a parameter is given twice: {params}"
        self.asked.append((url, given))
        served = self._script(url, given) if callable(self._script) else next(self._script)
        if isinstance(served, Exception):
            raise served
        return Response(
            url=f"{self.base_url}/{url}",
            status=200,
            headers={"content-type": self._content_type},
            body=served,
            fetched_at=FETCHED_AT,
        )

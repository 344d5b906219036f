"""A fetch that notes what came of each request: for those who look at a source instead of at trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec

from tracker import clock
from tracker.errors import BlockedError, FetchError, StatusError, TransientFetchError
from tracker.model.source import Fetch, Response, Validators


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request as a source made it: path, status (0: none came), the names of the answer's headers, how long it took.

    ``error`` is the class of the error where no usable answer came.
    """

    method: str
    path: str
    status: int
    headers: tuple[str, ...] = ()
    size: int = 0
    seconds: float = 0.0
    error: str = ""


class ObservedFetch:
    """A `Fetch` around another one; ``exchanges`` are its requests, ``unanswered`` the last error of a silent host."""

    def __init__(self, fetch: Fetch) -> None:
        self.inner = fetch
        self.base_url = fetch.base_url
        self.exchanges: list[Exchange] = []
        self.unanswered: TransientFetchError | None = None

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
        try_profiles: bool = True,
    ) -> Response:
        """See `Fetch`."""
        return self._noted(
            "GET", url, lambda: self.inner.get(url, params, accept=accept, validators=validators, try_profiles=try_profiles)
        )

    def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
        """See `Fetch`."""
        return self._noted("POST", url, lambda: self.inner.post(url, body, accept=accept))

    def _noted(self, method: str, url: str, ask: Callable[[], Response]) -> Response:
        begun = clock.monotonic()
        path = urlsplit(url).path or "/"
        try:
            response = ask()
        except FetchError as error:
            if isinstance(error, TransientFetchError):
                self.unanswered = error
            status = error.status if isinstance(error, (StatusError, BlockedError)) else 0
            took = clock.monotonic() - begun
            self.exchanges.append(Exchange(method=method, path=path, status=status, seconds=took, error=type(error).__name__))
            raise
        took = clock.monotonic() - begun
        self.exchanges.append(
            Exchange(
                method=method,
                path=path,
                status=response.status,
                headers=tuple(sorted(response.headers)),
                size=len(response.body),
                seconds=took,
            )
        )
        return response

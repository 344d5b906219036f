"""A fetch that notes what came of each request: for those who look at a source instead of at trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tracker import clock
from tracker.errors import BlockedError, FetchError, StatusError, TransientFetchError
from tracker.model.live import Exchange
from tracker.model.source import Fetch, Response, Validators


class ObservedFetch:
    """A `Fetch` around another one; ``exchanges`` are its requests, ``unanswered`` the last error of a silent host.

    ``step`` is what the requests are made for, as it is noted with each.
    """

    def __init__(self, fetch: Fetch) -> None:
        self.inner = fetch
        self.base_url = fetch.base_url
        self.step = ""
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
            "GET", lambda: self.inner.get(url, params, accept=accept, validators=validators, try_profiles=try_profiles)
        )

    def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
        """See `Fetch`."""
        return self._noted("POST", lambda: self.inner.post(url, body, accept=accept))

    def _noted(self, method: str, ask: Callable[[], Response]) -> Response:
        begun = clock.monotonic()
        try:
            response = ask()
        except FetchError as error:
            if isinstance(error, TransientFetchError):
                self.unanswered = error
            status = error.status if isinstance(error, (StatusError, BlockedError)) else 0
            self._note(method, begun, status=status, error=type(error).__name__)
            raise
        self._note(method, begun, status=response.status, headers=tuple(sorted(response.headers)), size=len(response.body))
        return response

    def _note(
        self, method: str, begun: float, *, status: int, headers: tuple[str, ...] = (), size: int = 0, error: str = ""
    ) -> None:
        took = round(clock.monotonic() - begun, 3)
        self.exchanges.append(
            Exchange(step=self.step, method=method, status=status, headers=headers, size=size, seconds=took, error=error)
        )

"""The client of a source that holds on to the source's lease while it asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from tracker.clock import Clock
from tracker.model.source import Fetch, Response, Validators

EVERY = timedelta(minutes=1)
"""So long a lease is left as it is: a request takes minutes at most, a lease runs for ten."""


class LeasedFetch:
    """Asks like the client it is given, after renewing the lease where that was a while ago."""

    def __init__(self, fetch: Fetch, renew: Callable[[], object], clock: Clock) -> None:
        self.base_url = fetch.base_url
        self._fetch = fetch
        self._renew = renew
        self._clock = clock
        self._renewed_at: datetime = clock()

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
    ) -> Response:
        """See `model.source.Fetch.get`."""
        if abs(self._clock() - self._renewed_at) >= EVERY:  # a clock may be put back
            self._renew()
            self._renewed_at = self._clock()
        return self._fetch.get(url, params, accept=accept, validators=validators)

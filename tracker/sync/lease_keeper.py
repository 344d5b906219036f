"""Holding on to a source's lease while its host is waited for: one answer may take longer than a lease runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tracker import log
from tracker.errors import LeaseLostError, StoreError

EVERY = 60.0
"""Seconds between two renewals; a lease runs for ten times as long."""

logger = log.get(__name__)


class LeaseKeeper:
    """Renews a lease at intervals, from a thread of its own, for as long as the ``with`` lasts.

    It ends with a lease that is lost: whoever works under it is refused at the next write.
    """

    def __init__(self, renew: Callable[[], object], every: float = EVERY) -> None:
        self._renew, self._every = renew, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._over.wait(self._every):
            try:
                self._renew()
            except LeaseLostError as error:
                logger.warning(log.pairs("lease_lost", why=error))
                return
            except StoreError as error:  # it may pass, and there is time for more tries
                logger.warning(log.pairs("lease_not_renewed", why=error))

"""Who does the work of a replay: processes of this machine, or a Dask cluster. Anything that is an Executor will do."""

from __future__ import annotations

import ipaddress
import multiprocessing
import os
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tracker.errors import StoreError, UsageError

Given = TypeVar("Given")
Found = TypeVar("Found")

AT_ONCE = 64
"""Tasks that are handed out and not yet taken back: enough for many workers, and few results wait."""

CONNECT_WITHIN = 20.0
"""Seconds for a connection to a scheduler."""

FEW = 3
"""So few tasks are done in this process: starting another one takes longer."""

TRIES = 3
"""So many times in a row workers may die without one task being done."""


@dataclass(frozen=True)
class Workers:
    """Makes an executor, and again when its workers have died: ``deadly`` are errors of its own that say so."""

    executor: Callable[[], Executor]
    deadly: tuple[type[Exception], ...] = ()


@contextmanager
def processes(number: int | None = None) -> Iterator[Workers]:
    """Processes of this machine, one for each core unless said otherwise."""
    context = multiprocessing.get_context("spawn")  # a fork would take threads' locks and open databases along
    yield Workers(lambda: ProcessPoolExecutor(number or os.cpu_count() or 1, mp_context=context, initializer=_begin))


def _begin() -> None:
    """A worker leaves Ctrl-C to the command, and ends with it: nothing else would tell it that the command was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def cluster(address: str, store_url: str) -> Iterator[Workers]:
    """The workers of a Dask cluster. Certificates are named in Dask's own configuration.

    Raises UsageError for a cluster that anybody could send work to, and for one whose workers cannot reach the database.
    """
    require_safe(address, store_url)
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise UsageError(
            "--cluster needs the package distributed, which is not installed.",
            remedy="Install the tracker with its extra: trial-registry-tracker[cluster].",
        ) from error
    _require_reachable(address)
    try:
        client: Any = Client(address, timeout="20s", set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise _unreachable(address, error) from error
    with client:
        yield Workers(lambda: client.get_executor(pure=False), deadly=(KilledWorker,))


def _require_reachable(address: str) -> None:
    """Raise UsageError where nothing listens, or no certificates are named: a client that fails takes a minute to end."""
    from dask import config

    parts = urlsplit(address)
    if parts.scheme == "tls" and not config.get("distributed.comm.tls.ca-file", None):
        raise _unreachable(address, "no certificates are named")
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=CONNECT_WITHIN).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, why: object) -> UsageError:
    return UsageError(
        f"the cluster {address} cannot be reached: {why}.",
        remedy="Check the address, and the certificates in Dask's configuration (distributed.comm.tls): see docs/scale.md.",
    )


def require_safe(address: str, store_url: str) -> None:
    """Raise UsageError unless the cluster is reached by TLS, or on this machine."""
    try:
        parts = urlsplit(address)
        host, scheme = parts.hostname or "", parts.scheme
        well_formed = bool(host and parts.port)
    except ValueError:
        well_formed, scheme, host = False, "", ""
    if not well_formed or scheme not in ("tls", "tcp"):
        raise UsageError(f"{address!r} is not the address of a cluster.", remedy="Write --cluster tls://HOST:8786.")
    if scheme == "tcp" and not _is_loopback(host):
        raise UsageError(
            f"{address} is open: a scheduler without TLS runs the code of anybody who reaches it.",
            remedy="Start scheduler and workers with certificates and write tls://; tcp:// is for this machine alone.",
        )
    if store_url.startswith("sqlite") and not _is_loopback(host):
        raise UsageError(
            "the workers of a cluster on other machines cannot read a SQLite file of this one.",
            remedy="Move the database to PostgreSQL (`tracker copy --to`), or leave --cluster out.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def in_order(workers: Workers, work: Callable[[Given], Found], given: Iterable[Given]) -> Iterator[tuple[Given, Found]]:
    """What workers make of each thing given, in the order given. Work of a worker that died is done again.

    Raises StoreError when workers die again and again.
    """
    left = iter(given)
    first = list(islice(left, FEW + 1))
    if len(first) <= FEW:
        yield from ((one, work(one)) for one in first)
        return
    left = chain(first, left)
    waiting: deque[Given] = deque()
    begun: deque[Future[Found]] = deque()  # of what waits, from the first on
    deadly: tuple[type[Exception], ...] = (BrokenExecutor, CancelledError, *workers.deadly)
    executor, deaths = workers.executor(), 0
    try:
        while True:
            waiting.extend(islice(left, AT_ONCE - len(waiting)))
            if not waiting:
                return
            try:
                while len(begun) < len(waiting):  # a worker may be found dead at any of these
                    begun.append(executor.submit(work, waiting[len(begun)]))
                found = begun[0].result()
            except deadly as error:
                deaths += 1
                if deaths >= TRIES:
                    raise StoreError(f"the workers of the replay die: {error}", remedy="Give them more memory.") from error
                _end(executor, begun)
                executor = workers.executor()
                begun.clear()
                continue
            deaths = 0
            begun.popleft()
            yield waiting.popleft(), found
    finally:
        _end(executor, begun)


def _end(executor: Executor, begun: Iterable[Future[Any]]) -> None:
    for future in begun:
        future.cancel()
    executor.shutdown(wait=False)

"""Fetchers for tests: a clock that only moves when someone sleeps, and a transport that answers from a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from tracker import clock
from tracker.fetch import BoundFetch, Fetcher, Limits
from tracker.model.source import SourceInfo, TlsProfile

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
BASE_URL = "https://registry.example/api/v2"


class FakeTime:
    """Sleeping is what makes time pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


class RealTime(FakeTime):
    """Time passes by itself."""

    def sleep(self, seconds: float) -> None:
        clock.sleep(seconds)

    def monotonic(self) -> float:
        return clock.monotonic()


def make_info(
    key: str = "registry",
    *,
    hosts: tuple[str, ...] = ("registry.example",),
    page: bool = False,
    tls_profiles_may_help: bool = False,
) -> SourceInfo:
    return SourceInfo(
        key=key,
        title=key.title(),
        kind="page" if page else "registry",
        base_url=BASE_URL,
        hosts=hosts,
        pace=1.0,
        anchors=("brief_title",),
        tls_profiles_may_help=tls_profiles_may_help,
    )


def unresolved(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"{host} was looked up")


def make_fetcher(
    handler: Callable[[httpx.Request], httpx.Response] | None = None,
    *,
    time: FakeTime | None = None,
    limits: Limits | None = None,
    profiles: Mapping[str, str] | None = None,
    remember: Callable[[str, TlsProfile], None] = lambda host, profile: None,
    resolve: Callable[[str, int], Sequence[str]] = unresolved,
    network: httpx.BaseTransport | None = None,
) -> Fetcher:
    """Without a handler it goes to the real network stack (for servers on loopback)."""
    time = time or FakeTime()
    return Fetcher(
        user_agent="trial-registry-tracker/0.0 (test)",
        transport=httpx.MockTransport(handler) if handler else network,
        limits=limits or Limits(),
        profiles=profiles,
        remember=remember,
        resolve=resolve,
        sleep=time.sleep,
        monotonic=time.monotonic,
        now=time.now,
    )


def bind(
    fetcher: Fetcher, *, base_url: str = BASE_URL, pace: float = 1000.0, hosts: tuple[str, ...] | None = None
) -> BoundFetch:
    info = make_info() if hosts is None else make_info(hosts=hosts)
    return fetcher.bind(info, base_url=base_url, pace=pace)

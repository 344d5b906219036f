"""The pages of the demo's database, served by the real server on the loopback address."""

from __future__ import annotations

import http.client
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.cli.conftest import demo
from tests.lab.asking import Answered
from tracker import loading, sources
from tracker.config.settings import Web
from tracker.store import Store
from tracker.web.app import Site, application_of
from tracker.web.serving import serving

__all__ = ["demo"]

NOW = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
"""A week after the demo's days."""
OPEN = Web()
TRIAL = "/trials/ctgov:NCT07177911"
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)


class Reader:
    """Asks a served site."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.host, self.port = urlsplit(address).hostname or "", urlsplit(address).port or 0

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answered:
        """One request; header names have underscores for hyphens."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=given)
            answer = connection.getresponse()
            return Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()


Serve = Callable[..., AbstractContextManager[Reader]]


@contextmanager
def served(folder: Path, web: Web = OPEN, now: datetime = NOW, patience: float = 10) -> Iterator[Reader]:
    """The pages of the configuration in a folder."""
    settings = msgspec.structs.replace(loading.settings(folder / "config.toml"), web=web)
    with Store.open(settings.store_url, reading=True) as store:
        site = Site(lambda: settings, sources.load(), store, lambda: now)
        with serving(application_of(site), "127.0.0.1", 0, patience=patience) as address:
            yield Reader(address)


@pytest.fixture(scope="session")
def reader(demo: Path) -> Iterator[Reader]:
    """The demo's pages on this machine, open to everybody on it."""
    with served(demo) as found:
        yield found


@pytest.fixture
def serve(demo: Path) -> Serve:
    """The demo's pages with settings of one's own."""
    return lambda **options: served(demo, **options)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium; where it must be there, its absence is a failure."""
    if CHROMIUM is None:
        if os.environ.get("TRACKER_BROWSER") == "required":
            pytest.fail("Chromium is not installed: make browser")
        pytest.skip("Chromium is not installed: make browser")
    return CHROMIUM


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests of this process."""
    with sync_playwright() as playwright:
        # Chromium has no sandbox for root, whom containers run tests as.
        opened = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=os.geteuid() != 0)
        yield opened
        opened.close()

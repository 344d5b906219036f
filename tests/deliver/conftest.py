"""An office of deliveries: a database, a mail server, and a clock that moves only when told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import DAY
from tests.deliver.builders import make_mail, make_message, make_settings
from tests.lab import Mailbox
from tracker.config import Settings
from tracker.deliver import DeliveryReport, deliver
from tracker.model.alert import Message
from tracker.store import Store

CHANNELS = {"me": "mailto:me@example.org", "team": "mailto:team@example.org", "operator": "mailto:operator@example.org"}


class Office:
    """Messages are put into its outbox and delivered; ``settings`` may be replaced."""

    def __init__(self, url: str, mailbox: Mailbox) -> None:
        self.url, self.mailbox, self.store = url, mailbox, Store.open(url)
        self.now = DAY
        self.settings: Settings = self.settings_with()

    def settings_with(self, *, operator: str | None = "operator", **urls: str) -> Settings:
        """Settings with further channels, or with others of the same name."""
        return make_settings(make_mail(self.mailbox.port), CHANNELS | urls, operator=operator)

    def put(self, key: str, channel: str = "me", **given: Any) -> Message:
        """A message waits."""
        message = make_message(key, channel=channel, created_at=self.now, **given)
        assert self.store.cut(message, (), self.now)
        return message

    def deliver(self, *, after: timedelta = timedelta(0)) -> DeliveryReport:
        self.now += after
        return deliver(self.settings, self.store, {}, lambda: self.now)

    def message(self, key: str) -> Message:
        found = self.store.message(key)
        assert found is not None
        return found

    def text(self, number: int, who: str = "operator") -> str:
        """The plain text of one of the letters that somebody got, counted from 0."""
        body = self.mailbox.to(f"{who}@example.org")[number].message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def subjects(self, who: str) -> list[str]:
        return [str(letter.message["Subject"]) for letter in self.mailbox.to(f"{who}@example.org")]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def office(database: str, mailbox: Mailbox) -> Iterator[Office]:
    made = Office(database, mailbox)
    yield made
    made.store.close()

"""The outside world for tests: a registry that can fail in every way, a mail server that can refuse, and days to show."""

from __future__ import annotations

from tests.lab.day import Day
from tests.lab.demo_days import EXPECTED, MINOR, days
from tests.lab.mailbox import Letter, Mailbox
from tests.lab.registry import LoopbackRegistry
from tests.lab.server import Reply, Request

__all__ = ["EXPECTED", "MINOR", "Day", "Letter", "LoopbackRegistry", "Mailbox", "Reply", "Request", "days"]

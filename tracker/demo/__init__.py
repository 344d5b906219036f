"""A loopback registry that replays recorded days, and the whole job run against it."""

from __future__ import annotations

from tracker.demo.day import Day
from tracker.demo.mailbox import Letter, Mailbox
from tracker.demo.registry import LoopbackRegistry
from tracker.demo.wire import Reply, Request
from tracker.demo.world import EXPECTED, MINOR, config_text, days

__all__ = ["EXPECTED", "MINOR", "Day", "Letter", "LoopbackRegistry", "Mailbox", "Reply", "Request", "config_text", "days"]

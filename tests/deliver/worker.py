"""Another process that delivers from the same database: ``python -m tests.deliver.worker URL SMTP_PORT``.

It says when it is ready, delivers at each line it reads, and answers with what it sent.
"""

from __future__ import annotations

import sys

from tests.deliver.builders import make_mail, make_settings
from tests.deliver.conftest import CHANNELS
from tracker import clock
from tracker.deliver import deliver
from tracker.store import Store


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    settings = make_settings(make_mail(int(sys.argv[2])), CHANNELS)
    with Store.open(sys.argv[1]) as store:
        say("ready")
        for _ in sys.stdin:
            report = deliver(settings, store, {}, clock.now)
            say("busy" if report.busy else f"sent {report.sent}")

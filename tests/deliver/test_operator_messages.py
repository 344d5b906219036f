"""What the operator is told, and that nobody else is."""

from __future__ import annotations

import msgspec

from tests.deliver.builders import make_settings
from tests.render import golden
from tests.render.samples import SEEN
from tracker.deliver import operator_messages
from tracker.model.alert import Message
from tracker.model.run import Run, RunCounts, Verdict
from tracker.model.upkeep import Incident

SICK = "131 of 140 checked trials changed (rule: at least 100 checked and over half changed)"
HELD = Incident(name="held:ctgov", message="A run is held.", since=SEEN)


def held_run(timezone: str = "UTC") -> Message:
    counts = RunCounts(checked=140, changed=131, events=412)
    run = Run(id=41, source="ctgov", state="held", started_at=SEEN, counts=counts, verdict=Verdict(sick=SICK))
    made = make_settings(None, {}, operator="ops")
    made = msgspec.structs.replace(made, digest=msgspec.structs.replace(made.digest, timezone=timezone))
    given = operator_messages.held_run(HELD, run, "ClinicalTrials.gov", timezone)
    message = operator_messages.write(made, given, SEEN)
    assert message is not None
    return message


def test_golden_held_run() -> None:
    message = held_run(timezone="Europe/Berlin")
    golden.check("held_run.txt", f"Subject: {message.subject}\n\n{message.text}")


def test_a_held_run_names_the_rule_its_numbers_and_the_way_out() -> None:
    message = held_run()
    assert message.subject == "Trial tracker: Run 41 of ClinicalTrials.gov is held"
    for part in (" ".join(message.text.split()), message.html):
        assert SICK in part
        assert "140 checked, 131 changed, 0 failed, 412 events" in part
        assert "tracker release 41" in part
        assert "add --discard" in part
        assert "For the readers: they hear nothing from this source meanwhile, and their digests say so." in part


def test_without_an_operators_channel_there_is_no_message() -> None:
    assert operator_messages.write(make_settings(None, {}), operator_messages.gap(SEEN), SEEN) is None

"""A message that cannot be written: it alone is set aside, with its reason, and everything else goes out in the same pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.world import SENDS, World, study

A, B = "NCT00000101", "NCT00000102"
OTHERS = """
[[watch.send]]
to = "others"
when = "immediate"
min_severity = "major"
"""
CHANNEL = '[[channel]]\nname = "others"\nurl = "mailto:others@example.org"\n'

CHANGES = 4
"""Where a stored event has its changes."""


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        yield made


def _complete_both(world: World) -> None:
    world.now += timedelta(days=1)
    for nct in (A, B):
        world.amend(nct, statusModule__overallStatus="COMPLETED")
    world.sync()


def _make_unwritable(world: World, nct: str) -> None:
    """Its event has a change of no field, as no version of this program makes it."""
    with world.store.writing() as connection:
        found = text("SELECT id, body FROM events WHERE trial = :key AND accepted")
        rows = connection.execute(found, {"key": f"ctgov:{nct}"}).all()
        for event, body in rows:
            broken = json.loads(body)
            broken[CHANGES] = [[[], old, new] for _, old, new in broken[CHANGES]]
            written = {"body": json.dumps(broken), "id": event}
            connection.execute(text("UPDATE events SET body = :body WHERE id = :id"), written)
    assert rows


def _outbox(world: World) -> dict[str, list[str]]:
    """The reasons of failed messages, by channel."""
    with world.store.reading() as connection:
        rows = connection.execute(text("SELECT channel, last_error FROM messages WHERE state = 'failed'")).all()
    failed: dict[str, list[str]] = {}
    for channel, why in rows:
        failed.setdefault(channel, []).append(why)
    return failed


def test_a_trial_that_cannot_be_written_is_set_aside_and_the_message_tells_the_others(world: World) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n{SENDS}')
    world.day()
    _complete_both(world)
    _make_unwritable(world, A)
    before = len(world.subjects())
    world.deliver()
    subject, missed = world.subjects()[before:]
    assert "ompleted" in subject
    assert missed == "You missed 1 message"
    (why,) = _outbox(world)["me"]
    assert why.startswith("It could not be written. ")


def test_the_alert_of_another_channel_goes_out_in_the_same_pass(world: World) -> None:
    watches = f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n{SENDS}\n[[watch]]\nname = "theirs"\ntrials = ["{B}"]\n{OTHERS}'
    world.configure(watches, extra=CHANNEL)
    world.day()
    _complete_both(world)
    _make_unwritable(world, A)
    before = len(world.subjects("others@example.org"))
    world.deliver()
    assert len(world.subjects("others@example.org")) == before + 1
    assert list(_outbox(world)) == ["me"]


def test_the_operator_hears_of_it_once_and_a_retry_sends_what_can_be_said(world: World) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n{SENDS}')
    world.day()
    _complete_both(world)
    _make_unwritable(world, A)
    world.deliver()
    world.deliver()
    told = [subject for subject in world.subjects("operator@example.org") if "given up" in subject]
    assert len(told) == 1
    world.store.retry(None, world.now)
    world.deliver()
    assert f"Changes that could not be written out: {A}" in world.subjects()

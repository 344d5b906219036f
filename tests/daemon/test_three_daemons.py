"""Three daemons on one PostgreSQL: one works, two stand by, and the death of one loses and doubles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests import postgres
from tests.daemon.test_process import LISTED, A, B, Process, running, synced
from tests.daemon.test_truthful import until
from tests.lab import Reply, Request
from tests.world import World, study
from tracker import clock
from tracker.model.event import EventFilter


@pytest.fixture
def world(tmp_path: Path, postgres_server: URL, migrated_database: URL) -> Iterator[World]:
    with (
        postgres.fresh_database(postgres_server, str(migrated_database.database)) as address,
        World(tmp_path, address.render_as_string(hide_password=False)) as made,
    ):
        made.now = clock.now()
        made.studies = {nct: study(nct) for nct in (A, B)}
        made.show()
        made.configure(LISTED)
        yield made


def _next_data_version(world: World) -> None:
    world.now = world.now.replace(year=world.now.year + 1)
    world.show()


def test_when_the_one_at_work_is_killed_another_takes_over_and_each_change_is_told_once(world: World) -> None:
    def silent(request: Request) -> Reply | None:
        normal = world.registry.answer(request)
        return Reply(normal.status, normal.headers, normal.body, delay=60.0) if request.path.endswith("/studies") else None

    with ExitStack() as stack:
        first = stack.enter_context(running(world))
        until(synced(world), "the first has synced")
        until(lambda: bool(world.subjects()), "the welcome message has arrived")
        others = [stack.enter_context(running(world)) for _ in range(2)]
        for one in others:
            until(lambda one=one: one.says("standing_by"), "the others stand by")  # type: ignore[misc]
        world.amend(A, statusModule__overallStatus="COMPLETED")
        _next_data_version(world)
        asked = len(world.registry.requests)
        world.registry.fault = silent
        world.store.set_due("daemon:sync", None, None)
        until(lambda: any(r.path.endswith("/studies") for r in world.registry.requests[asked:]), "records are asked for")
        first.process.kill()
        first.process.wait()
        world.registry.fault = None
        until(lambda: len(world.store.events(EventFilter())) == 1, "another has found the change")
        until(lambda: any("ompleted" in subject for subject in world.subjects()), "and told it")
        _the_other_goes_on(world, others)
    assert world.store.size().snapshots == 4
    assert len(world.store.events(EventFilter())) == 2
    assert [sum(word in subject for subject in world.subjects()) for word in ("ompleted", "erminated")] == [1, 1]
    assert [run.state for run in world.store.runs(9)].count("open") == 0


def _the_other_goes_on(world: World, others: list[Process]) -> None:
    """The third one still stands by, and works when the second ends as it should."""
    [working] = [one for one in others if _holds(world, one)]
    [waiting] = [one for one in others if one is not working]
    assert working.end() == 0
    world.amend(B, statusModule__overallStatus="TERMINATED")
    _next_data_version(world)
    world.store.set_due("daemon:sync", None, None)
    until(lambda: any("erminated" in subject for subject in world.subjects()), "the third has found and told the next change")
    assert waiting.end() == 0


def _holds(world: World, daemon: Process) -> bool:
    return any(lease.holder.endswith(f":{daemon.process.pid}") for lease in world.store.leases() if lease.name == "daemon")

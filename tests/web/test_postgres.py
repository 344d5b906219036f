"""The pages over PostgreSQL: every address answers as it does over SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres
from tests.web.conftest import Reader, served
from tests.world import World, study

NUMBER = "NCT00000101"
TRIAL = f"/trials/ctgov:{NUMBER}"


@pytest.fixture(scope="module")
def over_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    if postgres.address() == "skip":
        pytest.skip("TRACKER_TEST_POSTGRES is skip")
    folder = tmp_path_factory.mktemp("pages")
    with postgres.server() as server, postgres.fresh_database(server) as address, World(folder) as world:
        world.studies = {NUMBER: study(NUMBER)}
        world.configure(f'[[watch]]\nname = "w"\ntrials = ["{NUMBER}"]\n')
        own = f"sqlite:///{folder / 'tracker.db'}"
        text = world.config.read_text("utf-8")
        world.config.write_text(text.replace(own, address.render_as_string(hide_password=False)), "utf-8")
        world.day()
        world.amend(NUMBER, statusModule__overallStatus="COMPLETED", identificationModule__briefTitle="Überleben")
        world.day()
        with served(world.folder, now=world.now) as reader:
            yield reader


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?watch=w&min_severity=major&kind=recruitment_status_changed&source=ctgov&since=7d",
        "/?words=%C3%BCberleben",
        "/?effect=completed",
        "/?status=COMPLETED",
        TRIAL,
        f"{TRIAL}?version=1",
        f"{TRIAL}/compare",
        f"{TRIAL}.atom",
        f"{TRIAL}.ics",
        "/watches",
        "/watches/w",
        "/watches/w.csv",
        "/watches/w.xlsx",
        "/deadlines",
        "/deadlines.ics",
        "/health",
        "/latest.atom",
        "/api/v1/stories",
        "/api/v1/changes?limit=1",
        "/api/v1/trials",
        f"/api/v1{TRIAL}/compare",
        "/api/v1/health",
    ],
)
def test_every_address_answers(over_postgres: Reader, path: str) -> None:
    reply = over_postgres.ask(path)
    assert reply.status == 200, reply.text[-500:]
    if path.startswith("/?"):
        assert reply.text.count('class="story') > 0


@pytest.mark.parametrize(("path", "status"), [("/stories/%00", 404), ("/stories/%ff", 404), ("/?after=ffffffffffff", 400)])
def test_what_is_not_there_is_refused(over_postgres: Reader, path: str, status: int) -> None:
    assert over_postgres.ask(path).status == status

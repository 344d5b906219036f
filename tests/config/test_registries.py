"""``registries``: whom a query is asked of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import World
from tracker import sources
from tracker.config import Settings
from tracker.detect.listing import search_for
from tracker.errors import ConfigError

QUERY = 'query = { condition = "lupus", country = "Germany" }\n'


def settings(folder: Path, lines: str) -> Settings:
    with World(folder) as world:
        return world.configure('[[watch]]\nname = "mine"\n' + lines)


def asked(made: Settings) -> set[str]:
    [watch] = made.watches
    return {key for key, source in sources.load().items() if search_for(watch, source.info)}


@pytest.mark.parametrize(
    ("lines", "registries"),
    [
        (QUERY, {"ctgov"}),
        (QUERY + 'registries = ["ctgov"]\n', {"ctgov"}),
        (QUERY + 'registries = ["ctis"]\n', {"ctis"}),
        (QUERY + 'registries = ["ctis", "ctgov"]\n', {"ctgov", "ctis"}),
        ('search = "https://clinicaltrials.gov/search?cond=lupus"\n', {"ctgov"}),
        ('trials = ["2022-500014-26-00"]\n', set()),
    ],
)
def test_a_query_is_asked_of_clinicaltrials_gov_unless_registries_says_otherwise(
    lines: str, registries: set[str], tmp_path: Path
) -> None:
    assert asked(settings(tmp_path, lines)) == registries


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('trials = ["NCT07177911"]\nregistries = ["ctis"]\n', "there is none"),
        ('search = "https://clinicaltrials.gov/search?cond=x"\nregistries = ["ctis"]\n', "asked of its own registry"),
        (QUERY + "registries = []\n", "This list is empty"),
        (QUERY + 'registries = ["ctsi"]\n', "cannot be asked by a query"),
        (QUERY + 'registries = ["meddatax"]\n', "cannot be asked by a query"),
        (QUERY + 'registries = ["ctis", "ctis"]\n', "named twice"),
    ],
)
def test_registries_that_cannot_be_asked_are_mistakes(lines: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, lines)
    assert any(said in mistake for mistake in caught.value.mistakes)


def test_what_one_of_the_registries_cannot_be_asked_is_said_by_that_one() -> None:
    from tracker.model.source import Search

    search = Search(fields={"condition": "lupus", "intervention": "x"})
    assert sources.read_search(search, ("ctgov",)).problems == ()
    [problem] = sources.read_search(search, ("ctgov", "ctis")).problems
    assert problem.startswith("EU CTIS cannot be searched by intervention")


@pytest.mark.parametrize("number", ["2022-500014-26", "2022-500014-26-00", " 2022-500014-26-01 ", "2022‑500014‑26‑00"])
def test_an_eu_ct_number_is_followed_with_and_without_its_round(number: str, tmp_path: Path) -> None:
    [watch] = settings(tmp_path, f'trials = ["{number}"]\n').watches
    assert watch.trials == ("ctis:2022-500014-26",)

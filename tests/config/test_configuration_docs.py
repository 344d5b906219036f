"""docs/configuration.md explains every key, and its examples work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.config.loading import loaded
from tracker.config.keys import KEYS
from tracker.config.settings import DAYS, GROUPS_BY, SECURITIES, TLS_CHOICES, WHEN_EMPTY

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
SECTIONS = {
    re.sub(r"[`\[\]]", "", heading): body
    for heading, body in re.findall(r"^###? (`.+?`)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}


@pytest.mark.parametrize(("table", "key"), [(table, key) for table, keys in KEYS.items() if table for key in keys])
def test_every_key_is_explained(table: str, key: str) -> None:
    assert re.search(rf"^\| `{key}` \| .+ \| .+ \| .+ \|$", SECTIONS[table], re.MULTILINE), f"no row for {key} in {table}"


@pytest.mark.parametrize("table", KEYS[""])
def test_every_table_has_its_section(table: str) -> None:
    assert table in SECTIONS or f"{table}.*" in SECTIONS


def test_nothing_is_explained_that_does_not_exist() -> None:
    for table, body in SECTIONS.items():
        assert set(re.findall(r"^\| `([a-z_]+)` \|", body, re.MULTILINE)) <= set(KEYS.get(table, ()))


@pytest.mark.parametrize(
    "word", [*SECURITIES, *TLS_CHOICES, *WHEN_EMPTY, *GROUPS_BY, *DAYS[:5], "immediate", "daily", "minor", "notable", "major"]
)
def test_every_word_that_can_be_chosen_is_named(word: str) -> None:
    assert f'"{word}"' in PAGE


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_work(tmp_path: Path, example: str) -> None:
    text = example.replace('sites_changed = "notable"\n', "")  # the few kinds of these tests have no such one
    assert loaded(tmp_path, text, {"SMTP_PASSWORD": "x", "PING_KEY": "y"})


def test_the_example_of_a_table_of_trials_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "lupus.csv").write_text(example)
    (watch,) = loaded(tmp_path, '[[watch]]\nname = "a"\ntrials_file = "lupus.csv"').watches
    assert watch.labels == {"ctgov:NCT07177911": "CC312 in SLE", "ctgov:NCT06801119": "the one in Munich"}

"""Configurations, tables and addresses of the folder of cases: what is right for each, by the program itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.program import Ended, inside
from tracker.text.mailboxes import read_mailto


def checked(inputs: Path, name: str) -> Ended:
    return inside("check", "--config", inputs / name)


def test_a_range_of_ages_is_understood(inputs: Path) -> None:
    assert checked(inputs, "05_search.toml").code == 0


def test_what_only_says_where_a_link_was_clicked_is_dropped_with_a_word(inputs: Path) -> None:
    ended = checked(inputs, "05_utm.toml")
    assert ended.code == 0
    assert "utm_source, fbclid of its search is left out" in ended.out


@pytest.mark.parametrize(("name", "word"), [("06_check_passes.toml", '"cond"'), ("06_check_passes2.toml", "start=soon")])
def test_check_names_what_sync_could_not_ask(inputs: Path, name: str, word: str) -> None:
    ended = checked(inputs, name)
    assert ended.code == 2
    assert word in ended.err


@pytest.mark.parametrize("name", ["12_local_part.toml", "12_underscore.toml"])
def test_check_refuses_an_address_that_delivery_refuses(inputs: Path, name: str) -> None:
    assert checked(inputs, name).code == 2


def test_international_domains_and_copies_are_honoured(inputs: Path) -> None:
    assert checked(inputs, "12_idn.toml").code == 0
    assert checked(inputs, "12_cc.toml").code == 0
    read = read_mailto("mailto:x@straße.de?cc=y@example.org")
    assert not isinstance(read, str)
    assert [one.address for one in (*read.to, *read.cc)] == ["x@xn--strae-oqa.de", "y@example.org"]


@pytest.mark.parametrize("name", ["16_aact.csv", "16_sep.csv"])
def test_tables_of_others_are_read(inputs: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(inputs / name, tmp_path)
    config = tmp_path / "config.toml"
    config.write_text(f'[[watch]]\nname = "mine"\ntrials_file = "{name}"\n', "utf-8")
    ended = inside("check", "--config", config)
    assert ended.code == 0, ended.err
    assert "1 trial or page listed by hand" in ended.out


def test_add_takes_the_address_that_was_typed(inputs: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[watch]]\nname = "mine"\ntrials = []\n', "utf-8")
    [_, *words] = (inputs / "21_add.txt").read_text("utf-8").split()
    ended = inside("--config", config, *words)
    assert ended.code == 0, ended.err
    assert "NCT07177911" in config.read_text("utf-8")

"""`tracker silence`: mute for a while, list, end."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.program import inside


def test_a_silence_is_made_listed_and_ended(own_demo: Path) -> None:
    config = ("--config", str(own_demo / "config.toml"))
    assert inside(*config, "silence").out == "Nothing is muted.\n"
    made = inside(*config, "silence", "NCT07177911", "--for", "2w", "--reason", "known to us")
    assert made.out.startswith("1. ctgov:NCT07177911, until ")
    assert "known to us" in made.out
    [found] = json.loads(inside(*config, "silence", "--json").out)["silences"]
    assert (found["trial"], found["kind"]) == ("ctgov:NCT07177911", None)
    assert inside(*config, "silence", "--end", "1").out == "Nothing is muted.\n"
    assert inside(*config, "silence", "--end", "9").code == 1
    assert inside(*config, "silence", "--kind", "nonsense").code == 2


def test_a_silence_of_a_trial_that_is_not_followed_warns(own_demo: Path) -> None:
    config = ("--config", str(own_demo / "config.toml"))
    made = inside(*config, "silence", "NCT00000009")
    assert made.code == 0
    assert "ctgov:NCT00000009 is not followed" in made.err
    assert "not followed" in json.loads(inside(*config, "silence", "NCT00000009", "--json").out)["warning"]
    assert inside(*config, "silence", "NCT07177911").err == ""

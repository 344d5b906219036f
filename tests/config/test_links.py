"""``[[link]]``: pairs of registrations that the user joins or keeps apart, and what is said of a pair that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.loading import loaded, mistakes
from tracker.model.links import LinkRule


def test_a_link_is_added_or_refused(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        '[[link]]\ntrials = ["nct07177911", "2023-501234-12-01"]\n'
        '[[link]]\ntrials = ["NCT06801119", "ISRCTN12345678"]\nrefuse = true\n',
    )
    assert settings.links == (
        LinkRule(trials=("ctgov:NCT07177911", "ctis:2023-501234-12")),
        LinkRule(trials=("ctgov:NCT06801119", "isrctn:ISRCTN12345678"), refuse=True),
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("refuse = true", "Name the two registrations"),
        ('trials = ["NCT07177911"]', "A link is of two registrations"),
        ('trials = ["NCT07177911", "nct 07177911"]', "A link is of two registrations"),
        ('trials = ["NCT07177911", "NCT06801119", "ISRCTN12345678"]', "A link is of two registrations"),
        ('trials = ["NCT07177911", "12345"]', "not a trial number"),
        ('trials = ["NCT07177911", "ISRCTN12345678"]\nrefuse = "yes"', "true or false"),
        (
            'trials = ["NCT07177911", "ISRCTN12345678"]\n[[link]]\ntrials = ["ISRCTN12345678", "NCT07177911"]\nrefuse = true',
            "added above already",
        ),
    ],
)
def test_a_pair_that_cannot_be_read_is_named_with_its_remedy(tmp_path: Path, table: str, said: str) -> None:
    (found,) = mistakes(tmp_path, f"[[link]]\n{table}\n")
    assert said in found

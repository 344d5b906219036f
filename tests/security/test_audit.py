"""An audit that audited nothing says so."""

from __future__ import annotations

import json

import pytest

from tests.security.audit import verdict

SOUND = {"name": "click", "version": "8.5.1", "vulns": []}
WEAK = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found on PyPI and could not be audited: own (1.0)"}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([SOUND], 0, "1 of 1 packages audited, 0 known"),
        ([SOUND, WEAK], 1, "old 1.0: PYSEC-2026-1"),
        ([SOUND, WEAK, UNKNOWN], 1, "not audited: own"),
        ([SOUND, UNKNOWN], 3, "1 of 2 packages audited"),
        ([UNKNOWN, UNKNOWN], 3, "nothing could be audited: none of 2 packages; the first: Dependency not found"),
        ([], 3, "nothing could be audited"),
    ],
)
def test_the_packages_that_an_answer_came_for_are_counted(packages: list[object], code: int, words: str) -> None:
    found, said = verdict(json.dumps({"dependencies": packages, "fixes": []}), "No known vulnerabilities found")
    assert found == code
    assert words in said


@pytest.mark.parametrize("report", ["", "[]", "{}", "<html>"])
def test_a_service_out_of_reach_is_told_with_its_reason(report: str) -> None:
    trouble = "Traceback (most recent call last):\n  …\nrequests.exceptions.ProxyError: Unable to connect to proxy\n"
    code, said = verdict(report, trouble)
    assert code == 3
    assert said == "nothing could be audited: requests.exceptions.ProxyError: Unable to connect to proxy"

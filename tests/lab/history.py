"""Histories of records as the registry's own pages ask for them: an index of versions, and each version with escaped texts."""

from __future__ import annotations

import copy
import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Study = dict[str, Any]


@dataclass(frozen=True)
class PastVersion:
    """One version of a record: the day it was submitted, the study as API v2 had it then, and the sections it touched."""

    date: str
    study: Study
    touched: tuple[str, ...] = ("Study Status",)
    status: str = ""

    @property
    def said(self) -> str:
        return self.status or str(self.study["protocolSection"]["statusModule"]["overallStatus"])


@dataclass(frozen=True)
class RecordPast:
    """All versions of one record, oldest first. ``original`` is what the index says of the first one."""

    versions: Sequence[PastVersion]
    original: dict[str, Any] = field(default_factory=dict)

    def index(self) -> dict[str, Any]:
        """What stands under ``history``."""
        changes = [
            {"version": number, "date": one.date, "status": one.said, "moduleLabels": list(one.touched) if number else []}
            for number, one in enumerate(self.versions)
        ]
        return {"changes": changes, "originalData": self.original, "outcomesUpdateCount": 0}

    def version(self, number: int) -> dict[str, Any]:
        """The answer for one version."""
        return {"studyVersion": number, "study": as_served(self.versions[number].study)}

    def present(self) -> Study:
        """The study beside the index."""
        return as_served(self.versions[-1].study)


def as_served(study: Study) -> Study:
    """A study as the history has it: texts escaped, no derived section, notes of the reviewing unit in between."""
    made: Study = _escaped({key: value for key, value in copy.deepcopy(study).items() if key != "derivedSection"})
    outcomes = made.get("protocolSection", {}).get("outcomesModule")
    if outcomes is not None:
        outcomes["reviewUnit"] = {"note": "of no interest"}
    made["reviewUnit"] = {"resetReasons": []}
    return made


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return html.escape(value).replace("/", "&#x2F;")
        case dict():
            return {key: _escaped(inner) for key, inner in value.items()}
        case list():
            return [_escaped(inner) for inner in value]
        case _:
            return value

"""A registry on the loopback address that behaves like ISRCTN's interface, its misbehaviours included.

It has no pages: it gives the first ``limit`` studies of a query, and with ``limit=0`` their count alone. The empty query holds
the whole register. A field of dates that it does not know is ignored, any other such field finds nothing, and a number is
searched for in all texts. An unknown address answers with a web page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape

from tests.lab.server import LoopbackServer, Reply, Request

API = "/api"
ORDINARY = Path(__file__).parent.parent / "fixtures" / "isrctn" / "ordinary.xml"

Fault = Callable[[Request], Reply | None]

_XML = {"Content-Type": "application/xml"}
_PAGE = Reply(
    200, {"Content-Type": "text/html"}, b"<!doctype html><html><head><title>ISRCTN</title></head><body></body></html>"
)
_FULL = re.compile(r"<fullTrial>.*</fullTrial>", re.DOTALL)
_TERM = re.compile(r'(\w+):"([^"]*)"|(\w+) (GE|LT) (\d{4}-\d{2}-\d{2})T00:00:00|"([^"]*)"|(ISRCTN\d{8})')
_OPEN = '<allTrials totalCount="{count}" xmlns="http://www.67bricks.com/isrctn">'


class Study:
    """A study as the registry holds it: its XML, and what queries read of it."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.condition = "Testitis"
        self.title = f"Inventazole {number[-4:]}"
        self.edited: str | None = "2026-02-20"
        self.extra: dict[str, str] = {}

    def set(self, **values: str) -> Self:
        """Give elements other texts: ``recruitmentStart="2026-03-05"`` and the like; days become times."""
        self.extra |= values
        return self

    @property
    def xml(self) -> str:
        """The ``fullTrial``."""
        found = _FULL.search(ORDINARY.read_text(encoding="utf-8"))
        assert found is not None
        text = found[0].replace("ISRCTN90000019", self.number).replace(">90000019<", f">{self.number[6:]}<")
        stated = {"title": self.title, **self.extra}
        text = text.replace("<description>Testitis of the knee<", f"<description>{escape(self.condition)}<")
        text = re.sub(r'lastUpdated="[^"]*"', f'lastUpdated="{self.edited or "2020-01-01"}T09:27:35.342944265Z"', text, count=1)
        for name, value in stated.items():
            given = f"{value}T00:00:00.000Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else escape(value)
            text, count = re.subn(rf"<{name}(?:/>|>[^<]*</{name}>)", f"<{name}>{given}</{name}>", text, count=1)
            assert count == 1, name
        return text


class LoopbackIsrctn:
    """The registry, running from construction to ``close``; a context manager.

    ``requests`` lists what was asked. ``fault`` may answer in the registry's place. ``reads`` are the fields that it reads;
    ``ignores`` those that it passes over, as it does with dates. ``reads_or``: numbers may be joined by OR.
    """

    def __init__(self) -> None:
        self.studies: dict[str, Study] = {}
        self.requests: list[Request] = []
        self.fault: Fault | None = None
        self.reads = {"condition", "title", "sponsorOrganisation", "phase", "primaryStudyDesign", "lastEdited"}
        self.ignores = {"overallStartDate"}
        self.reads_or = True
        self._server = LoopbackServer(self._reply)
        self.base_url = self._server.url + API

    def add(self, number: str) -> Study:
        """Put a study into the register."""
        self.studies[number] = Study(number)
        return self.studies[number]

    @property
    def queries(self) -> list[tuple[str, int]]:
        """The queries that were asked, with their limits."""
        asked = [dict(request.params) for request in self.requests if request.path == f"{API}/query/format/default"]
        return [(one["q"], int(one["limit"])) for one in asked]

    @property
    def alone(self) -> list[str]:
        """The numbers of studies that were asked for by themselves."""
        return [request.path.split("/")[3] for request in self.requests if request.path.startswith(f"{API}/trial/")]

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _reply(self, request: Request) -> Reply:
        self.requests.append(request)
        return (self.fault(request) if self.fault else None) or self.answer(request)

    def answer(self, request: Request) -> Reply:
        """The registry's answer, faults left aside."""
        if request.path == f"{API}/query/format/default":
            asked = dict(request.params)
            return self._query(asked.get("q", ""), int(asked["limit"]))
        if found := re.fullmatch(rf"{API}/trial/(ISRCTN\d{{8}})/format/default", request.path):
            study = self.studies.get(found[1])
            return _xml(_OPEN.format(count=1) + study.xml + "</allTrials>") if study else Reply(404)
        return _PAGE

    def _query(self, asked: str, limit: int) -> Reply:
        found = [study for study in self.studies.values() if self._matches(study, asked)]
        body = _OPEN.format(count=len(found))
        if not limit:
            return _xml(body.replace(">", "/>"))
        return _xml(body + "".join(study.xml for study in found[:limit]) + "</allTrials>")

    def _matches(self, study: Study, asked: str) -> bool:
        """AND binds more closely than OR, but for brackets; no more of the grammar is needed here."""
        if not asked.strip():
            return True
        if asked.startswith("(") and asked.endswith(")") and asked.count("(") == 1:
            return self._matches(study, asked[1:-1])
        if parts := _split(asked, " OR "):
            return self.reads_or and any(self._matches(study, part) for part in parts)
        if parts := _split(asked, " AND "):
            return all(self._matches(study, part) for part in parts)
        term = _TERM.fullmatch(asked)
        assert term is not None, asked
        field, value, dated, sign, day, text, number = term.groups()
        if field or dated:
            name = field or dated
            if name not in self.reads:
                return name in self.ignores
            return _compared(study, sign, day) if dated else value.lower() in _texts(study)[name].lower()
        return (text or number).lower() in study.xml.lower()


def _split(asked: str, word: str) -> list[str]:
    """The parts of a query around a word that stands outside of brackets; none where it does not."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(asked):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0 and asked.startswith(word, place):
            parts.append(asked[start:place])
            start = place + len(word)
    return [*parts, asked[start:]] if parts else []


def _compared(study: Study, sign: str, day: str) -> bool:
    if study.edited is None:
        return False
    edited, other = date.fromisoformat(study.edited), date.fromisoformat(day)
    return edited >= other if sign == "GE" else edited < other


def _texts(study: Study) -> dict[str, str]:
    return {
        "condition": study.condition,
        "title": study.title,
        "sponsorOrganisation": "University of Nowhere",
        "phase": "Phase II/III",
        "primaryStudyDesign": "Interventional",
    }


def _xml(text: str) -> Reply:
    return Reply(200, _XML, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())


def numbers(count: int) -> Iterator[str]:
    """So many ISRCTN numbers."""
    return (f"ISRCTN{91000000 + index}" for index in range(count))

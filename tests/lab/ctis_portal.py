"""A portal on the loopback address that behaves like EU CTIS's public interface, its misbehaviours included.

It ignores criteria that it does not know and then gives the whole register, answers an unknown number with an empty object and
any other address with a web page, shows the first rows of an order only, and knows nothing of a page 0.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.lab.server import LoopbackServer, Reply, Request

API = "/ctis-public-api"
ORDINARY = Path(__file__).parent.parent / "fixtures" / "ctis" / "ordinary.json"

Fault = Callable[[Request], Reply | None]
Trial = dict[str, Any]

_JSON = {"Content-Type": "application/json"}
_PAGE = Reply(200, {"Content-Type": "text/html"}, b"<!doctype html><html><head><title>CTIS</title></head><body></body></html>")


def trial(number: str, **changes: Any) -> Trial:
    """A trial as the portal holds it: its record, and what only its row in a search says.

    ``changes``: code, condition, title, sponsor, msc (country codes by name), decided, published (days), states (status codes).
    """
    record: Trial = json.loads(ORDINARY.read_bytes())
    record["ctNumber"] = number
    made: Trial = {
        "record": record,
        "code": 4,
        "condition": "Testitis",
        "title": f"Inventazole {number[5:11]}",
        "sponsor": "Invented Pharma SE",
        "msc": {"Germany": 276},
        "states": {},
        "decided": "2024-02-01",
        "published": "2026-02-20",
    }
    return change(made, **changes)


def change(made: Trial, **changes: Any) -> Trial:
    """Change a trial in place; its record follows."""
    made |= changes
    record = made["record"]
    inner = record["authorizedApplication"]
    part = inner["authorizedPartI"]
    record["ctPublicStatusCode"] = made["code"]
    record["publishDate"] = f"{made['published']}T03:38:55.439869754"
    part["trialDetails"]["clinicalTrialIdentifiers"]["publicTitle"] = made["title"]
    part["trialDetails"]["trialInformation"]["medicalCondition"]["partIMedicalConditions"] = [
        {"id": 1, "medicalCondition": made["condition"]}
    ]
    inner["memberStatesConcerned"] = [
        {"mscName": name, "mscPublicStatusCode": made["states"].get(name, made["code"])} for name in made["msc"]
    ]
    return made


class LoopbackPortal:
    """The portal, running from construction to ``close``; a context manager.

    ``requests`` lists what was asked. ``fault`` may answer in the portal's place. ``reads`` are the criteria that it reads,
    ``deepest`` the rows of an order that it shows, ``whole_numbers``: only a number with its round is found.
    """

    def __init__(self) -> None:
        self.trials: dict[str, Trial] = {}
        self.requests: list[Request] = []
        self.fault: Fault | None = None
        self.reads = {"containAll", "medicalCondition", "title", "sponsor", "msc", "status"}
        self.deepest = 10_000
        self.whole_numbers = False
        self._server = LoopbackServer(self._reply)
        self.base_url = self._server.url + API

    def add(self, number: str, **changes: Any) -> Trial:
        """Put a trial into the register."""
        self.trials[number] = trial(number, **changes)
        return self.trials[number]

    @property
    def retrieved(self) -> list[str]:
        """The numbers whose records were asked for."""
        return [request.path.rpartition("/")[2] for request in self.requests if "/retrieve/" in request.path]

    @property
    def searched(self) -> list[dict[str, Any]]:
        """The questions of all searches."""
        return [json.loads(request.body) for request in self.requests if request.path == f"{API}/search"]

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
        """The portal's answer, faults left aside."""
        if request.path == f"{API}/search":
            return _json(self._search(json.loads(request.body))) if request.method == "POST" else Reply(403)
        if request.path.startswith(f"{API}/retrieve/"):
            held = self.trials.get(request.path.rpartition("/")[2])
            return _json(held["record"] if held else {})
        return _PAGE

    def _search(self, question: dict[str, Any]) -> dict[str, Any]:
        page, size = question["pagination"]["page"], question["pagination"]["size"]
        found = [(number, held) for number, held in self.trials.items() if self._matches(number, held, question)]
        found.sort(key=lambda one: (one[1]["decided"], one[0]), reverse=question["sort"]["direction"] == "DESC")
        shown = found[: self.deepest][(page - 1) * size : page * size] if page else []
        total = len(found) if page else 0
        return {
            "showWarning": total > 10_000,
            "pagination": {
                "totalRecords": total,
                "currentPage": page,
                "totalPages": -(-total // size),
                "nextPage": page * size < total,
                "prevPage": page > 1,
            },
            "data": [_row(number, held) for number, held in shown],
        }

    def _matches(self, number: str, held: Trial, question: dict[str, Any]) -> bool:
        asked = {name: value for name, value in question["searchCriteria"].items() if name in self.reads and value}
        texts = {name: held[field].lower() for name, field in (("medicalCondition", "condition"), ("sponsor", "sponsor"))}
        texts["title"] = held["title"].lower()
        numbers = number if self.whole_numbers else " ".join((number, number.rpartition("-")[0]))
        texts["containAll"] = " ".join((*texts.values(), numbers))
        for name, value in asked.items():
            if name == "containAll" and not all(word in texts[name].split() for word in value.lower().split()):
                return False
            if name in ("medicalCondition", "sponsor", "title") and value.lower() not in texts[name]:
                return False
            if name == "msc" and not set(value) & set(held["msc"].values()):
                return False
            if name == "status" and held["code"] not in value:
                return False
        return True


def _row(number: str, held: Trial) -> dict[str, Any]:
    return {
        "ctNumber": number,
        "ctStatus": held["code"],
        "ctTitle": held["title"],
        "conditions": held["condition"],
        "trialCountries": [f"{name}:{held['states'].get(name, held['code'])}" for name in held["msc"]],
        "decisionDateOverall": _day_first(held["decided"]),
        "totalNumberEnrolled": "120",
        "resultsFirstReceived": "No",
        "lastUpdated": _day_first(held["decided"]),
        "lastPublicationUpdate": _day_first(held["published"]),
    }


def _day_first(day: str) -> str:
    return "/".join(reversed(day.split("-")))


def _json(value: object) -> Reply:
    return Reply(200, _JSON, json.dumps(copy.copy(value)).encode())

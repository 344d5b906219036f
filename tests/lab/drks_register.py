"""A register on the loopback address that behaves like DRKS: the whole of it is one file, made anew each hour.

How the file is cut is not documented, so it can be made in each way that is read. The file answers to "has it changed?" unless
it is told not to. An unknown address answers with a web page.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from tests.lab.server import LoopbackServer, Reply, Request

API = "/search"
FILE = f"{API}/en/download/all-json"
SCHEMA = f"{API}/download/jsonschema"
ORDINARY = Path(__file__).parent.parent / "fixtures" / "drks" / "ordinary.json"

Cut = Literal["a file each", "one list", "one after another", "no zip"]
CUTS: tuple[Cut, ...] = ("a file each", "one list", "one after another", "no zip")

Fault = Callable[[Request], Reply | None]

_PAGE = Reply(200, {"Content-Type": "text/html"}, b"<!doctype html><html><head><title>DRKS</title></head><body></body></html>")


class Study:
    """A study as the register holds it."""

    def __init__(self, number: str) -> None:
        self.record: dict[str, Any] = copy.deepcopy(_ordinary())
        self.record["drksId"] = number

    def set(self, part: str, **values: object) -> Self:
        """Give values of a part others: ``set("recruitment", status="SUSPENDED")``; an empty part is the record itself."""
        (self.record[part] if part else self.record).update(values)
        return self


class LoopbackDrks:
    """The register, running from construction to ``close``; a context manager.

    ``requests`` lists what was asked. ``fault`` may answer in the register's place. ``others`` are so many small studies that
    nobody follows. ``has_etag``: the file says by what it can be asked for again.
    """

    def __init__(self, *, others: int = 0) -> None:
        self.studies: dict[str, Study] = {}
        self.requests: list[Request] = []
        self.fault: Fault | None = None
        self.cut: Cut = "one list"
        self.others = others
        self.has_etag = True
        self._server = LoopbackServer(self._reply)
        self.base_url = self._server.url + API

    def add(self, number: str) -> Study:
        """Put a study into the register."""
        self.studies[number] = Study(number)
        return self.studies[number]

    @property
    def downloads(self) -> int:
        """How often the file was asked for, whatever came."""
        return sum(request.path == FILE for request in self.requests)

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
        """The register's answer, faults left aside."""
        if request.path == SCHEMA:
            return Reply(200, {"Content-Type": "application/json"}, b'{"$schema": "a schema"}')
        if request.path != FILE:
            return _PAGE
        body = self.file
        etag = f'W/"{hash(body):x}"'
        if self.has_etag and request.headers.get("if-none-match") == etag:
            return Reply(304)
        return Reply(200, {"Content-Type": "application/zip"} | ({"ETag": etag} if self.has_etag else {}), body)

    @property
    def file(self) -> bytes:
        """The whole register."""
        records = [json.dumps(study.record, ensure_ascii=False) for study in self.studies.values()]
        return packed([*records, *_small(self.others)], self.cut)


def packed(records: Sequence[str], cut: Cut) -> bytes:
    """Studies as a file of the register."""
    if cut == "no zip":
        return f"[{','.join(records)}]".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        match cut:
            case "a file each":
                for place, record in enumerate(records):
                    archive.writestr(zipfile.ZipInfo(f"DRKS_all/{place}.json"), record)
            case "one list":
                archive.writestr(zipfile.ZipInfo("DRKS_all.json"), "[\n" + ",\n".join(records) + "\n]")
            case "one after another":
                archive.writestr(zipfile.ZipInfo("DRKS_all.json"), "\n".join(records))
    return made.getvalue()


@cache
def _small(count: int) -> tuple[str, ...]:
    return tuple(f'{{"drksId": "DRKS8{place:07}"}}' for place in range(count))


@cache
def _ordinary() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(ORDINARY.read_bytes())
    return record

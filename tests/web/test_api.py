"""The JSON API: one document that holds every route, the names of ``--json``, paging, ETags and problem details."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.program import inside
from tests.web.conftest import TRIAL, Reader
from tracker.web import api, openapi
from tracker.web.app import ROUTES

FUZZ = os.environ.get("TRACKER_API_FUZZ", "")
"""How many requests are invented for each route where that is said: by `make api-fuzz`, which goes through every limit, too."""

KEY = "ctgov:NCT07177911"


def test_every_route_is_in_the_document_and_nothing_else(reader: Reader) -> None:
    document = reader.ask("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    routes = {path.removeprefix(openapi.PREFIX) for path in ROUTES if path.startswith(openapi.PREFIX)}
    assert set(document["paths"]) == routes - {"/openapi.json"}
    for operation in api.OPERATIONS:
        named = [one["name"] for one in document["paths"][operation.path]["get"]["parameters"]]
        assert sorted(named) == sorted(one.name for one in operation.parameters)
        assert set(re.findall(r"{(\w+)}", operation.path)) <= set(named)


def test_references_of_the_document_lead_somewhere(reader: Reader) -> None:
    reply = reader.ask("/api/v1/openapi.json")
    known = set(reply.json["components"]["schemas"])
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', reply.text)) <= known


def test_the_names_are_those_of_the_commands(reader: Reader, demo: Path) -> None:
    def told(*arguments: str) -> object:
        return inside("--config", demo / "config.toml", *arguments, "--json").json

    assert {"trials": reader.ask("/api/v1/trials?limit=200").json["trials"]} == told("list")
    assert {"events": reader.ask("/api/v1/changes?limit=200").json["events"]} == told("changes")
    assert reader.ask(f"/api/v1/trials/{KEY}").json["record"] == told("show", KEY)
    compared = reader.ask(f"/api/v1/trials/{KEY}/compare").json
    of_diff = inside("--config", demo / "config.toml", "diff", KEY, "--json").json
    assert compared["trial"] == of_diff["trial"]
    assert compared["events"] == of_diff["events"]
    assert compared["story"]["headline"] == of_diff["story"]["headline"]


@pytest.mark.parametrize("path", ["/api/v1/trials", "/api/v1/changes", "/api/v1/deadlines", "/api/v1/stories"])
def test_pages_by_cursor_are_the_whole_list(reader: Reader, path: str) -> None:
    name = "events" if path.endswith("changes") else path.rsplit("/", 1)[1]
    every = reader.ask(f"{path}?limit=200").json
    found, after = [], ""
    while True:
        page = reader.ask(f"{path}?limit=4&after={quote(after)}").json
        found += page[name]
        after = page["next"]
        if not after:
            break
    assert every["next"] == ""
    assert found == every[name]


@pytest.mark.parametrize("path", ["/", TRIAL, "/api/v1/trials", "/latest.atom", "/deadlines.ics", "/static/style.css"])
def test_what_a_reader_has_already_is_not_sent_again(reader: Reader, path: str) -> None:
    first = reader.ask(path)
    again = reader.ask(path, if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert "content-security-policy" in again.headers
    assert reader.ask(path, if_none_match='"other"').status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nothing", 404),
        ("/api/v1/trials/ctgov:NCT99999999", 404),
        (f"/api/v1/trials/{KEY}?version=99", 404),
        (f"/api/v1/trials/{KEY}?at=2026-13-01", 400),
        ("/api/v1/stories/ffffffffffff", 404),
        ("/api/v1/stories?after=x", 400),
        ("/api/v1/stories?limit=0", 400),
        ("/api/v1/stories?limit=9999", 400),
        ("/api/v1/changes?severity=major", 400),
        ("/api/v1/trials?watch=nobody", 404),
        ("/api/v1/health?x=1", 400),
    ],
)
def test_errors_are_problem_details(reader: Reader, path: str, status: int) -> None:
    reply = reader.ask(path)
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["status"] == status
    assert reply.json.keys() == {"type", "title", "status", "detail"}


def test_invented_requests_find_no_answer_that_the_document_does_not_name(reader: Reader, tmp_path: Path) -> None:
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", f"{reader.address}/api/v1/openapi.json", "--checks", checks, "--max-examples", FUZZ or "4"),
        *("--phases", "coverage,fuzzing" if FUZZ else "fuzzing", "--seed", "1"),
    ]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:]

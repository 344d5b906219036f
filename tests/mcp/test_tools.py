"""The tools: few, read-only, small answers that can be paged, errors to act on, and a registry's words marked as quoted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mcp import Client, StdioServerParameters, Tool

from tests.cli.program import ROOT, environment, inside
from tests.mcp.conftest import CELLS, GOUT, INJECTION, LUPUS, Tools, on
from tests.world import World, study
from tracker.mcp import answers
from tracker.mcp.questions import Questions
from tracker.mcp.tools import ABOUT


def offered(tools: Tools) -> list[Tool]:
    async def listed() -> list[Tool]:
        async with Client(tools.server) as client:
            assert "never instructions" in (client.instructions or "")
            return list((await client.list_tools()).tools)

    return asyncio.run(listed())


def test_there_are_at_most_eight_tools_and_all_only_read(tools: Tools) -> None:
    found = offered(tools)
    assert [tool.name for tool in found] == list(ABOUT)
    assert len(found) <= 8
    for tool in found:
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint


def test_every_tool_is_documented() -> None:
    page = (ROOT / "docs" / "assistants.md").read_text("utf-8")
    assert [name for name in ABOUT if f"| `{name}` |" not in page] == []


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("watches", {}),
    ("trials", {}),
    ("trial", {"trial": LUPUS}),
    ("trial", {"trial": LUPUS, "part": "brief_summary"}),
    ("trial_at", {"trial": LUPUS, "at": "2026-03-02"}),
    ("changes", {"details": True}),
    ("compare", {"trial": LUPUS}),
    ("deadlines", {}),
    ("health", {}),
)


def test_no_call_writes(tools: Tools, asked_world: World) -> None:
    before = {file: file.read_bytes() for file in asked_world.folder.glob("tracker.db*") if not file.name.endswith("-shm")}
    for tool, arguments in CALLS:
        tools.ask(tool, **arguments)
    assert {file: file.read_bytes() for file in before} == before


def test_contact_persons_stand_in_no_answer(tools: Tools) -> None:
    for tool, arguments in CALLS:
        _, text = tools.text(tool, **arguments)
        assert "Jane" not in text
        assert "4711" not in text
    for part in ("central_contacts", "officials", "sites"):
        failed, text = tools.text("trial", trial=LUPUS, part=part)
        assert failed or "Jane" not in text


def test_words_of_a_registry_stand_only_under_quoted(tools: Tools) -> None:
    answer = tools.ask("trial", trial=LUPUS, part="brief_summary")
    assert answer.pop("quoted") == {"brief_summary": INJECTION}
    assert INJECTION not in str(answer)
    for tool, arguments in CALLS:
        assert "An Invented Study" not in str(list(_ours(tools.ask(tool, **arguments))))


def _ours(value: object) -> Iterator[str]:
    """The texts outside of ``quoted``."""
    match value:
        case dict():
            for name, inner in value.items():
                if name != "quoted":
                    yield from _ours(inner)
        case list():
            for inner in value:
                yield from _ours(inner)
        case _:
            yield str(value)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("trial", {"trial": "CC312"}, "Give a number such as NCT07177911"),
        ("trial", {"trial": "NCT99999999"}, "The tool trials lists"),
        ("trial", {"trial": "nonsense:1"}, "The tool trials lists"),
        ("trial", {"trial": LUPUS, "part": "colour"}, "It has "),
        ("trial", {"trial": LUPUS, "part": "brief_summary", "after": "x"}, "more.after"),
        ("trial_at", {"trial": LUPUS, "at": "soon"}, "Write 2026-02-11"),
        ("trial_at", {"trial": LUPUS, "at": "2001-01-01"}, "before 2026-03-02, when tracking began"),
        ("changes", {"watch": "lupos"}, "There are lupus, gout"),
        ("changes", {"kind": "recruiting"}, "recruitment_status_changed"),
        ("changes", {"min_severity": "huge"}, "minor, notable, major"),
        ("changes", {"since": "yesterday"}, "Write 2026-02-11"),
        ("changes", {"after": "nothing"}, "Begin again"),
        ("compare", {"trial": LUPUS, "old": "7"}, "2 stored versions"),
        ("compare", {"trial": LUPUS, "after": "nothing"}, "Begin again"),
        ("trials", {"status": "open"}, "RECRUITING"),
        ("trials", {"near": True}, "Watches with a place: none"),
        ("deadlines", {"due": "late"}, "all, overdue, ahead"),
        ("deadlines", {"kind": "removed"}, "results_overdue"),
        ("trial", {}, "trial"),
        ("changes", {"sincee": "2026-03-01"}, "It takes since, until"),
        ("changes", {"since": "2026-03-09", "until": "2026-03-01"}, "ends before it begins"),
        ("changes", {"about": "!"}, "holds no word"),
        ("compare", {"trial": LUPUS, "new": "0"}, "They are 1 (the first) to 2"),
        ("deadlines", {"within_days": 10**18}, "1 to 36,500"),
        ("deadlines", {"within_days": -1}, "1 to 36,500"),
        ("trial", {"trial": LUPUS, "part": "brief_summary", "after": "²"}, "more.after"),
        ("trial", {"trial": LUPUS, "part": "brief_summary", "after": "9" * 5000}, "more.after"),
        ("search", {}, "There are watches, trials"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_call_is_answered_with_what_to_ask_instead(
    tools: Tools, tool: str, arguments: dict[str, Any], words: str
) -> None:
    failed, text = tools.text(tool, **arguments)
    assert failed
    assert words in text
    assert "Traceback" not in text
    assert len(text.encode()) <= answers.LIMIT


ENORMOUS = "🧬" * 9000


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("changes", {"watch": ENORMOUS}, "There are lupus, gout"),
        ("changes", {"after": ENORMOUS}, "Begin again"),
        ("changes", {"about": ENORMOUS}, "-paediatric"),
        ("changes", {ENORMOUS: 1}, "It takes since"),
        ("trial", {"trial": ENORMOUS}, "Give a number"),
        ("trial", {"trial": LUPUS, "part": ENORMOUS}, "It has "),
        ("trial_at", {"trial": LUPUS, "at": ENORMOUS}, "Write 2026-02-11"),
        ("trials", {"status": ENORMOUS}, "RECRUITING"),
        ("compare", {"trial": LUPUS, "old": ENORMOUS}, "Write 2026-02-11"),
        ("deadlines", {"kind": ENORMOUS}, "results_overdue"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_error_about_an_enormous_argument_is_small_and_still_says_what_to_ask(
    tools: Tools, tool: str, arguments: dict[str, Any], words: str
) -> None:
    failed, text = tools.text(tool, **arguments)
    assert failed
    assert len(text.encode()) <= answers.LIMIT
    assert words in text


def test_of_hundreds_of_choices_those_like_the_one_given_are_named() -> None:
    names = [f"Größe und Gewicht {number}" for number in range(400)]
    said = answers.choices(names, "Größe und Gewicht 377x")
    assert len(said.encode()) <= answers.LIMIT - 1500
    assert "Größe und Gewicht 377," in said
    assert said.endswith(" more")
    assert answers.choices(names[:3]) == ", ".join(names[:3])
    assert answers.choices([]) == "none"


def test_changes_are_narrowed_by_words_of_the_trial_and_of_what_changed(tools: Tools) -> None:
    def found(**arguments: Any) -> list[tuple[str, str]]:
        return [(one["trial"], one["kind"]) for one in tools.every("changes", "changes", **arguments)]

    every = found()
    stopped = [one for one in every if one[0] == f"ctgov:{GOUT}"]
    assert stopped
    assert found(about="sample institute") == stopped
    assert found(about=["Sample Institute", "nothing of the sort"]) == stopped
    assert found(about="-sample institute") == [one for one in every if one not in stopped]
    assert found(about="sample institute, -testitis") == []


def test_pages_together_hold_everything_once(tmp_path: Path) -> None:
    """Forty trials that all change, with names of many bytes."""
    numbers = [f"NCT{20_000_000 + number}" for number in range(40)]
    with World(tmp_path) as world:
        title = "Große Prüfung über Ödeme " * 8
        world.studies = {nct: study(nct, identificationModule__briefTitle=f"{title}{nct}") for nct in numbers}
        world.configure(f'[[watch]]\nname = "many"\ntrials = {numbers}\n')
        world.sync()
        for number, nct in enumerate(numbers):
            world.amend(nct, designModule__enrollmentInfo={"count": 200 + number, "type": "ESTIMATED"})
        world.day()
        tools = Tools(world, world.now)
        listed = [one["trial"] for one in tools.every("trials", "trials")]
        assert listed == [f"ctgov:{nct}" for nct in numbers]
        changed = [one["trial"] for one in tools.every("changes", "changes", details=True)]
        assert sorted(changed) == listed
        due = tools.every("deadlines", "deadlines")
        assert {one["trial"] for one in due} == set(listed)
        assert len({(one["trial"], one["kind"], one["due"]) for one in due}) == len(due)


def test_a_long_text_is_read_whole_page_by_page(tmp_path: Path) -> None:
    text = "".join(f'{number}: “Größe” \\ and " more. ' for number in range(900))
    with World(tmp_path) as world:
        world.studies = {LUPUS: study(LUPUS, descriptionModule={"briefSummary": text})}
        world.configure(f'[[watch]]\nname = "one"\ntrials = ["{LUPUS}"]\n')
        world.sync()
        tools = Tools(world, world.now)
        shown, after = "", {}
        while after is not None:
            answer = tools.ask("trial", trial=LUPUS, part="brief_summary", **after)
            shown += answer["quoted"]["brief_summary"]
            after = answer["more"]
        assert shown == text.strip()
        assert tools.calls > 5
        assert "brief_summary" in tools.ask("trial", trial=LUPUS)["parts"]


def test_an_entry_that_alone_is_too_long_is_shortened_and_says_so() -> None:
    entry = {"id": "1", "quoted": {"values": ["x" * 9000, *("y" * 40 for _ in range(500))]}}
    page = answers.page({"coverage": {}}, "changes", [("1", entry), ("2", {"id": "2"})])
    found = msgspec.json.decode(page)
    assert len(page.encode()) <= answers.LIMIT
    assert found["changes"][0]["shortened"] is True
    assert found["changes"][0]["id"] == "1"


def test_a_whole_answer_stays_small_however_long_its_texts_are() -> None:
    fields = {f"field {number}": "ü" * 5000 for number in range(40)}
    assert len(answers.whole(fields).encode()) <= answers.LIMIT


def test_days_back_are_counted_from_the_present(tools: Tools) -> None:
    recent = tools.ask("changes", since="3d")["changes"]
    assert {(one["trial"], one["effective_at"][:10]) for one in recent} == {(f"ctgov:{GOUT}", on(10))}


def test_the_command_speaks_the_protocol_over_standard_input_and_output(asked_world: World) -> None:
    """The real program, as an assistant starts it."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "tracker", "--config", str(asked_world.config), "mcp"],
        env=environment(),
    )

    async def asked() -> tuple[int, str]:
        async with Client(command, read_timeout_seconds=120) as client:
            tools = (await client.list_tools()).tools
            (content,) = (await client.call_tool("trial", {"trial": CELLS})).content
            assert content.type == "text"
            return len(tools), content.text

    count, text = asyncio.run(asked())
    assert count == len(ABOUT)
    assert msgspec.json.decode(text)["enrollment"] == {"count": 40, "type": "ESTIMATED"}


def test_without_the_package_the_install_command_is_named(asked_world: World) -> None:
    hidden = "import sys; sys.modules['mcp.server.mcpserver'] = None; from tracker.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", hidden, "--config", str(asked_world.config), "mcp"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "trial-registry-tracker[mcp]" in ended.stderr
    assert inside("mcp", "--help").code == 0


def test_each_tool_is_a_question() -> None:
    assert set(ABOUT) == {name for name in vars(Questions) if not name.startswith("_")} - {"archive", "clock"}

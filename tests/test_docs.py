"""The documentation names everything a user can meet: commands, options, sources, kinds, errors, settings."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from tracker import errors, events, sources
from tracker.cli import COMMANDS, cli

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def script(name: str) -> ModuleType:
    """A script of the documentation, which lies in no package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_its_options_are_documented(name: str) -> None:
    text = read("commands.md")
    assert f"`tracker {name}" in text
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help
    shared = {"--config", "--json", "--verbose", "--help"}
    for parameter in command.params:
        for option in parameter.opts:
            if option.startswith("--") and option not in shared:
                assert option in text, f"{name} {option}"


def test_every_source_is_documented() -> None:
    text = read("registries.md")
    for key, source in sources.load().items():
        assert f"`{key}`" in text
        assert source.info.base_url.removeprefix("https://").split("/")[0].removeprefix("www.") in text
    assert script("registries").page(text) == text, "run `make docs`"


def test_every_change_kind_is_documented() -> None:
    text = read("changes.md")
    for name in events.KINDS:
        assert f"`{name}`" in text or f"| {name} " in text, name


def test_every_error_stands_in_the_tree_at_the_top_of_its_file() -> None:
    tree = errors.__doc__ or ""
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.TrackerError):
            assert re.search(rf"\b{name}\b", tree), name


def test_what_reliability_says_is_tested_is_there_and_nothing_is_left_out() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", read("reliability.md")))
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert {f"tests/chaos/{file.name}" for file in (ROOT / "tests" / "chaos").glob("test_*.py")} <= named


def test_links_between_documents_lead_somewhere() -> None:
    outer = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    for page in [*outer, *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_documents_show_the_demo_as_it_is(tmp_path: Path) -> None:
    refresh = script("refresh")
    text = read("demo.md")
    assert refresh.refreshed(text, refresh.demo(tmp_path)) == text, "run `make pictures`"


def test_the_changelog_has_a_section_for_what_is_not_released() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

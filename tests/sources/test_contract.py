"""The contract of sources holds: mypy and the loader refuse a source that lacks, or misspells, what it says it can do."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker import sources
from tracker.model.source import ABILITIES, Search, Source, SourceInfo

ROOT = Path(__file__).parent.parent.parent
MEMBERS = [
    (key, member)
    for key, source in sources.load().items()
    for base in (Source, *ABILITIES)
    if base in type(source).__mro__
    for member in sorted(base.__abstractmethods__ | ({"info", "EXAMPLES"} if base is Source else set()))
    if member in vars(type(source))  # what several registries have alike stands in a base class of theirs
]


def text_of(key: str) -> str:
    """The file that ends with SOURCE."""
    return Path(sys.modules[type(sources.load()[key]).__module__].__file__ or "").read_text(encoding="utf-8")


def renamed(key: str, member: str) -> str:
    """The source's file with one member of its class misspelt."""
    text, count = re.subn(rf"^    (def )?{member}(?=\(| = )", rf"    \g<1>{member}_", text_of(key), flags=re.MULTILINE)
    assert count == 1, f"{key} {member}"
    return text


def test_mypy_refuses_a_source_that_misspells_any_of_its_members(tmp_path: Path) -> None:
    """Each member of each source is misspelt in a copy; mypy must find fault with the last line of every copy."""
    for key, member in MEMBERS:
        (tmp_path / f"wrong_{key}_{member}.py").write_text(renamed(key, member), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache")]
    ended = subprocess.run(
        [*command, "--ignore-missing-imports", *map(str, sorted(tmp_path.glob("wrong_*.py")))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = set(
        re.findall(r"wrong_(\w+)\.py:\d+: error: Cannot instantiate abstract class .* with abstract attribute", ended.stdout)
    )
    assert found == {f"{key}_{member}" for key, member in MEMBERS}, ended.stdout + ended.stderr


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Source]:
    """Load a source's text as the loader loads a file of ``tracker/sources``."""
    monkeypatch.syspath_prepend(tmp_path)

    def load(text: str) -> Source:
        (tmp_path / "toy_source.py").write_text(text, encoding="utf-8")
        sys.modules.pop("toy_source", None)
        importlib.invalidate_caches()
        return sources.source_of("toy_source")

    return load


@pytest.mark.parametrize(("key", "member"), MEMBERS, ids="-".join)
def test_the_loader_refuses_a_source_that_misspells_a_member_and_names_file_and_member(
    key: str, member: str, loaded: Callable[[str], Source]
) -> None:
    with pytest.raises(TypeError, match=rf"toy_source.*\b{member}\b"):
        loaded(renamed(key, member))


TOY = """
from tracker.model.source import *
from tracker.model.source import Searchable, Versioned, PageSource, Source, SourceInfo

class Toy(Source):
    info = SourceInfo(
        key="toy", title="Toy", kind="registry", base_url="https://toy.example", hosts=("toy.example",), pace=1, anchors=()
    )
    EXAMPLES = ()
    def retrieve(self, asked, fetch, data): ...
    def parse(self, document): ...
    def digest(self, document): ...
    def sniff(self, body): ...

SOURCE: Source = Toy()
"""


def test_the_core_alone_makes_a_source(loaded: Callable[[str], Source]) -> None:
    assert loaded(TOY).info.key == "toy"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("SOURCE: Source = Toy()", "", "does not end with `SOURCE: Source = …`"),
        ("class Toy(Source)", "class Toy", "Toy must name Source and its abilities as base classes"),
        (
            "    EXAMPLES = ()",
            "    def data_version(self, fetch): ...\n    EXAMPLES = ()",
            "has data_version, but .* Versioned",
        ),
        ("    EXAMPLES = ()", "    def narrow(self, search, trials): ...\n    EXAMPLES = ()", "has narrow, but .* Searchable"),
        ('kind="registry"', 'kind="page"', "PageSource"),
        ("pace=1", 'pace=1, query_fields=frozenset({"condition"})', "must be Searchable"),
    ],
)
def test_the_loader_refuses_a_source_whose_ability_would_be_lost(
    old: str, new: str, said: str, loaded: Callable[[str], Source]
) -> None:
    assert old in TOY
    with pytest.raises(TypeError, match=rf"toy_source\.py: .*{said}"):
        loaded(TOY.replace(old, new))


def test_a_search_is_for_the_source_on_whose_hosts_it_is_and_whose_fields_it_has() -> None:
    info = SourceInfo(
        key="toy",
        title="Toy",
        kind="registry",
        base_url="https://toy.example",
        hosts=("toy.example",),
        pace=1,
        anchors=(),
        search_hosts=("toy.example",),
        query_fields=frozenset({"condition", "country"}),
    )
    assert info.understands(Search(url="https://toy.example/search?cond=lupus", fields={"country": "Norway"}))
    assert not info.understands(Search(url="https://other.example/search?cond=lupus"))
    assert not info.understands(Search(fields={"condition": "lupus", "outcome": "pain"}))
    assert not sources.load()["trialx"].info.understands(Search(fields={}))

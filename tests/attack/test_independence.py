"""The harness shares no assumption with the program: it imports nothing of it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

HERE = Path(__file__).parent
BESIDE = {"pytest", "trustme"}


def imported(file: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports by a relative path"
            found.add(str(node.module))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            raise AssertionError(f"{file.name} imports by name")
    return found


def test_the_attackers_import_nothing_of_the_program() -> None:
    for file in HERE.rglob("*.py"):
        for module in imported(file):
            root = module.partition(".")[0]
            ours = module == "tests.attack" or module.startswith("tests.attack.")
            assert ours or root in sys.stdlib_module_names or root in BESIDE, f"{file.name} imports {module}"

"""Building the tracker and installing it elsewhere, without a download."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BUILD_NEEDS = "hatchling is not installed in this environment: it builds the wheel. Run `make` again, or pip install hatchling."


def build(source: Path, target: Path, *kinds: str) -> list[Path]:
    """Build sdist and wheel (or only the ``kinds`` given) of a source tree into a new folder, as a release does."""
    assert importlib.util.find_spec("hatchling"), BUILD_NEEDS
    wanted = [word for kind in kinds for word in ("-t", kind)]
    run(sys.executable, "-m", "hatchling", "build", "-d", str(target), *wanted, cwd=source)
    return sorted(target.iterdir())


@dataclass(frozen=True)
class Installed:
    """The tracker in an environment of its own."""

    folder: Path

    @property
    def scripts(self) -> Path:
        """Where its commands are."""
        return self.folder / "bin"

    def python(self, program: str, cwd: Path) -> str:
        """What a few lines of Python print there."""
        return run(self.scripts / "python", "-c", program, cwd=cwd).stdout.strip()

    def tracker(
        self, *args: str | Path, cwd: Path, code: int = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The installed command, which must end with ``code``."""
        return run(self.scripts / "tracker", *args, cwd=cwd, code=code, env=env)


def install(wheel: Path, folder: Path) -> Installed:
    """Install a wheel into a new environment.

    Its dependencies are those of the environment that runs the tests: a .pth line adds their folder, but does not
    read the .pth files in it, so the working copy that is installed there stays out of sight.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    installed = Installed(folder)
    pip = ("-m", "pip", "--python", str(installed.scripts / "python"), "install", "--quiet", "--no-index", "--no-deps")
    run(sys.executable, *pip, str(wheel), cwd=folder)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return installed


def run(
    program: str | Path, *args: str | Path, cwd: Path, code: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program that must end with ``code``; nothing of the tests' own Python or tracker is handed on."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TRACKER_CONFIG", "COLUMNS")}
    done = subprocess.run(
        [str(program), *map(str, args)], cwd=cwd, env={**kept, **(env or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"{program} {args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done

"""Versions in a git repository of JSON files: each text that a file ever had, as of the first commit that holds it.

Git itself reads the repository: nothing is checked out, no hook, filter or helper of the repository is run, no host is asked.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess  # nosec B404: git is run without a shell, with a path that the user gave and hashes that git gave
from collections.abc import Iterator, Sequence
from pathlib import Path

from tracker.backfill.reading import LARGEST, Item, Trouble, is_versions

_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C",
}
_GONE = "0" * 40


def is_repository(place: Path) -> bool:
    """Whether a folder is a git repository, with or without checked out files."""
    return (place / ".git").exists() or ((place / "HEAD").is_file() and (place / "objects").is_dir())


def read(place: Path) -> Iterator[Item | Trouble]:
    """Every text of every JSON file in the repository, oldest commit first; what is odd about its history is named."""
    try:
        yield from _about(place)
        seen: set[str] = set()
        listed: list[tuple[str, str, dt.datetime]] = []
        for blob, path, when in _texts(place):
            if blob not in seen and is_versions(path):
                seen.add(blob)
                listed.append((blob, path, when))
        yield from _bodies(place, listed)
    except FileNotFoundError:
        yield Trouble(name=str(place), what="git is not installed, so its history cannot be read")
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().split("\n")[0] if error.stderr else "git failed"
        yield Trouble(name=str(place), what=f"its history cannot be read: {said[:200]}")


def _about(place: Path) -> Iterator[Trouble]:
    if _git(place, "rev-parse", "--is-shallow-repository").strip() == b"true":
        yield Trouble(name=str(place), what="the repository is shallow: what its files held before is not there")
    replaced = _git(place, "rev-list", "--count", "--reflog", "--not", "--all").strip()
    if replaced not in (b"", b"0"):
        what = f"{int(replaced)} commits are on no branch any more (a forced push?); what they hold was read, too"
        yield Trouble(name=str(place), what=what)


def _texts(place: Path) -> Iterator[tuple[str, str, dt.datetime]]:
    """Each file that a commit added or changed: the hash of its text, its path, and when that was committed."""
    asked = ("--reflog", "--all", "--reverse", "--topo-order", "--root", "-m", "--no-renames", "--no-ext-diff", "--no-textconv")
    out = _git(place, "log", *asked, "--raw", "--no-abbrev", "-z", "--format=%x01%ct")
    when = dt.datetime.fromtimestamp(0, dt.UTC)
    parts = iter(out.split(b"\0"))
    for part in parts:
        text = part.strip(b"\n")
        if text.startswith(b"\x01"):
            when = dt.datetime.fromtimestamp(int(text[1:].split(b"\n")[0]), dt.UTC)
            text = text.partition(b"\n")[2].strip(b"\n")
        if text.startswith(b":"):
            blob = text.split(b" ")[3].decode()
            path = next(parts, b"").decode("utf-8", "replace")
            if blob != _GONE:
                yield blob, path, when


def _bodies(place: Path, listed: Sequence[tuple[str, str, dt.datetime]]) -> Iterator[Item | Trouble]:
    """The texts with these hashes, one after the other from one process."""
    command = ["git", *_SAFE, "-C", str(place), "cat-file", "--batch"]
    with subprocess.Popen(  # nosec B603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | _ENVIRONMENT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for blob, path, when in listed:
            process.stdin.write(f"{blob}\n".encode())
            process.stdin.flush()
            head = process.stdout.readline().split()
            name = f"{path} of {when:%Y-%m-%d}"
            if len(head) != 3:
                yield Trouble(name=name, what="git does not have it (a partial or damaged repository?)")
                continue
            size = int(head[2])
            if size > LARGEST:
                _skip(process.stdout, size + 1)
                yield Trouble(name=name, what=f"it has {size:,} bytes, more than any record")
                continue
            body = process.stdout.read(size)
            process.stdout.read(1)
            yield Item(name=name, body=body, seen_at=when, path=path)
        process.stdin.close()


def _skip(out: object, size: int) -> None:
    while size > 0 and (part := out.read(min(size, 1 << 20))):  # type: ignore[attr-defined]
        size -= len(part)


def _git(place: Path, *arguments: str) -> bytes:
    ended = subprocess.run(  # nosec B603 B607
        ["git", *_SAFE, "-C", str(place), *arguments], capture_output=True, check=True, env=os.environ | _ENVIRONMENT
    )
    return ended.stdout

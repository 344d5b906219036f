"""What is remembered of a configuration from run to run, outside of its database: which database it used last.

A small file beside the configuration or, where that folder cannot be written, in the state folder. Where neither can be,
nothing is remembered.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """``database`` is the address without its password.

    ``untold`` is what the operator is still to hear, ``told`` what was said directly.
    """

    database: str = ""
    untold: str = ""
    told: str = ""


def recall(config: Path, environ: Mapping[str, str]) -> Memory:
    """What is remembered; nothing at first, and where the file is no longer readable."""
    for place in _places(config, environ):
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(place.read_bytes(), type=Memory)
    return Memory()


def keep(config: Path, environ: Mapping[str, str], memory: Memory) -> None:
    """Remember this, unless it is remembered already or no folder can be written."""
    if memory == recall(config, environ):
        return
    for place in _places(config, environ):
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            new = place.with_name(f"{place.name}.{os.getpid()}")
            new.write_bytes(msgspec.json.encode(memory))
            new.replace(place)
            return


def _places(config: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Beside the configuration; then systemd's state folder, then the user's own."""
    yield config.with_name(f".{config.name}.state")
    name = f"{hashlib.sha256(str(config).encode()).hexdigest()[:16]}.state"
    if environ.get("STATE_DIRECTORY"):
        yield Path(environ["STATE_DIRECTORY"].partition(":")[0]) / name
    with contextlib.suppress(RuntimeError):  # a user without a home
        yield Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "tracker" / name

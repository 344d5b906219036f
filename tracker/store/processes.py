"""Unique names of processes, and whether the process of a name is gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

PROC = Path("/proc")


def holder_name() -> str:
    """Who holds a lease, for people to read: this machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def process_name(pid: int) -> str:
    """A unique name of a process: machine and its start, process namespace, number, start of the process.

    A number alone would not do: every container counts its own, and numbers are given again. Empty where the system does
    not say these things (it has no /proc); nothing can then be known of the process later.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = (PROC / str(pid) / "ns/pid").readlink()
        _, start = _state_and_start(pid)
    except OSError:
        return ""
    return f"{boot} {namespace} {pid} {start}"


def is_gone(name: str) -> bool:
    """Whether a process has certainly ended; False when that cannot be known, as on another machine or in another container."""
    here, there = process_name(os.getpid()).split(), name.split()
    if len(there) != 4 or there[:2] != here[:2]:
        return False
    pid, start = int(there[2]), there[3]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # somebody else's process: it is there
    try:
        state, found = _state_and_start(pid)
    except OSError:
        return False  # hidden from this user, or gone this instant
    return found != start or state == "Z"  # the number was given again, or nobody has asked yet how the process ended


def _state_and_start(pid: int) -> tuple[str, str]:
    """The state of a process as one letter, and when it began in ticks since the machine did."""
    text = (PROC / str(pid) / "stat").read_bytes()
    fields = text.rpartition(b")")[2].decode("ascii").split()  # the program's name, in parentheses, may hold anything
    return fields[0], fields[19]

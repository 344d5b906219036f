"""Reading systemd units: sections, keys that may repeat, and the commands in them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Line(NamedTuple):
    """One ``key=value`` of a unit, with its section."""

    section: str
    key: str
    value: str


def read(unit: Path) -> list[Line]:
    """Every setting of a unit, in order."""
    section, found = "", []
    for text in unit.read_text(encoding="utf-8").splitlines():
        if text.startswith("["):
            section = text.strip("[]")
        elif text and not text.startswith("#"):
            key, equals, value = text.partition("=")
            assert equals, f"{unit.name}: {text}"
            found.append(Line(section, key, value))
    return found


def values(unit: Path, key: str) -> list[str]:
    """What a unit says for a key, in order."""
    return [line.value for line in read(unit) if line.key == key]


def seconds(span: str) -> float:
    """A time span of one number and unit, as systemd and compose write it."""
    number = span.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(number) * {"s": 1, "m": 60, "min": 60, "h": 3600}[span[len(number) :]]


KNOWN = {
    "Unit": {"Description", "Documentation", "Wants", "After", "StartLimitIntervalSec", "StartLimitBurst"},
    "Service": {
        *("Type", "NotifyAccess", "User", "Group", "Environment", "EnvironmentFile", "ExecStart", "ExecReload"),
        *("TimeoutStartSec", "TimeoutStopSec", "KillMode", "WatchdogSec", "Restart", "RestartSec"),
        *("RestartPreventExitStatus", "SuccessExitStatus", "StateDirectory", "StateDirectoryMode", "WorkingDirectory", "UMask"),
        *("ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectProc", "ProtectClock"),
        *("ProtectHostname", "ProtectControlGroups", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables"),
        *("NoNewPrivileges", "CapabilityBoundingSet", "AmbientCapabilities", "RestrictAddressFamilies", "RestrictNamespaces"),
        *("RestrictRealtime", "RestrictSUIDSGID", "RemoveIPC", "LockPersonality", "MemoryDenyWriteExecute"),
        *("SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber"),
    },
    "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
    "Install": {"WantedBy"},
}
"""The settings of systemd 252 that are used here: a misspelt one would be ignored by systemd with no more than a warning."""

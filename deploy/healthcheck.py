"""Whether the tracker in this container is well: asks /health on the port that [daemon] port names.

Exit code 0: well, or standing by for another daemon, which it shows by a file that it touches every few seconds, because its
port stays closed until it takes over. 1: it does not answer, no run was accepted for two days, or something fails. One
sentence says why.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

TIMEOUT_SECONDS = 8
FRESH_SECONDS = 60


def main() -> int:
    """The exit code for a container engine; the sentence is what `docker inspect` shows."""
    config = Path(os.environ.get("TRACKER_CONFIG", "config.toml"))
    try:
        port = tomllib.loads(config.read_text(encoding="utf-8")).get("daemon", {}).get("port")
    except (OSError, ValueError) as error:
        return told(f"{config} cannot be read: {error}", 1)
    if port is None:
        return told(f"Nothing to ask: put `port = 8700` under [daemon] in {config}.", 1)
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy of the environment cannot see this port
        with direct.open(f"http://127.0.0.1:{port}/health", timeout=TIMEOUT_SECONDS) as answer:
            return told(answer.read().decode(), 0)
    except urllib.error.HTTPError as error:
        with error:
            return told(f"{error.code}: {error.read().decode()}", 1)
    except OSError as error:
        if stands_by(port):
            return told("Standing by for another daemon of the same database.", 0)
        return told(f"No answer on port {port}: {error}", 1)


def stands_by(port: int) -> bool:
    """Whether a daemon of this user touched its sign of standing by a moment ago."""
    try:
        found = (Path(tempfile.gettempdir()) / f"tracker-standby-{os.getuid()}-{port}").lstat()
    except OSError:
        return False
    age = time.time() - found.st_mtime  # noqa: TID251  this script stands alone: nothing of the tracker is imported
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and abs(age) < FRESH_SECONDS


def told(sentence: str, code: int) -> int:
    """Say why, and hand the code on."""
    sys.stdout.write(sentence + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())

"""One user's installation under attack: a folder, a configuration, a registry, a mail server, a clock, and the command."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.attack.mailsink import Letter, MailServer
from tests.attack.records import Study, changed, nct
from tests.attack.registry import Registry

COMMAND = Path(sys.executable).with_name("tracker")
A_PASS = 200
"""Seconds within which any pass of a test ends; only one that hangs takes longer."""

SENDS = '[[watch.send]]\nto = "me"\nwhen = "immediate"\nmin_severity = "minor"\n'


class Ended(NamedTuple):
    """How a command ended; ``code`` is None for one that did not end by itself. ``memory`` is its largest size in bytes."""

    code: int | None
    out: str
    err: str
    seconds: float
    memory: int

    @property
    def json(self) -> Any:
        """What it printed."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """All it said."""
        return self.out + self.err


def wait(seconds: float) -> None:
    """Let real time pass."""
    threading.Event().wait(seconds)


def until(met: Callable[[], object], seconds: float = 60) -> bool:
    """Wait until something is so; whether it came to be."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        wait(0.05)
    return True


class Process:
    """A command under way."""

    def __init__(self, folder: Path, command: Sequence[str | Path], env: dict[str, str]) -> None:
        self._out, self._err = folder / ".out", folder / ".err"
        self._begun = time.monotonic()
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.popen = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=err, start_new_session=True)
        self._memory = 0

    def said(self) -> str:
        """All it has said so far."""
        return self._out.read_text("utf-8", "replace") + self._err.read_text("utf-8", "replace")

    def signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            self.popen.send_signal(number)

    def ended(self, limit: float = A_PASS) -> Ended:
        """Its end, waited for; one that takes longer is killed and has no exit code."""
        begun = time.monotonic()
        code: int | None = None
        while (code := self.popen.poll()) is None and time.monotonic() - begun < limit:
            with contextlib.suppress(OSError, AttributeError):
                peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.popen.pid}/status").read_text())
                self._memory = int(peak[1]) * 1024 if peak else self._memory
            wait(0.02)
        seconds = time.monotonic() - begun
        if code is None:
            self.kill()
        out, err = (file.read_text("utf-8", "replace") for file in (self._out, self._err))
        return Ended(code, out, err, seconds, self._memory)

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


class Scene:
    """``longest`` is the time of the command that took longest; ``ahead`` moves the clock that the program is shown."""

    def __init__(
        self, folder: Path, shim: Path | None, registry: Registry | None = None, mail: MailServer | None = None
    ) -> None:
        self.folder, self._shim = folder, shim
        folder.mkdir(exist_ok=True)
        self.registry = registry or Registry("")
        self.mail = mail or MailServer()
        self.environ: dict[str, str] = {}
        self.longest = 0.0
        self._clock = folder / ".clock"
        self._running: list[Process] = []
        self.ahead = timedelta(0)
        self.set_clock(timedelta(0))
        if not registry:
            self.registry.stamp = f"{self.today}T00:00:05"

    def close(self) -> None:
        """End all that runs."""
        for process in self._running:
            if process.popen.poll() is None:
                process.kill()
        self.registry.wire.close()
        self.mail.wire.close()

    # --- time -------------------------------------------------------------------------------------------------------

    def set_clock(self, ahead: timedelta) -> None:
        """Show every process another time, those that run as well."""
        self.ahead = ahead
        with self._clock.open("r+b" if self._clock.exists() else "w+b") as file:
            file.write(struct.pack("<q", int(ahead.total_seconds())))

    @property
    def now(self) -> datetime:
        """The time that the program is shown."""
        return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC) + self.ahead

    @property
    def today(self) -> str:
        """The day that the program is shown."""
        return self.now.date().isoformat()

    def next_day(self, days: int = 1) -> str:
        """Days pass, for the program and for the registry's data; the new day."""
        assert self._shim, "only a shim moves the clock"
        self.set_clock(self.ahead + timedelta(days=days))
        self.registry.stamp = f"{self.today}T00:00:05"
        return self.today

    # --- the installation -------------------------------------------------------------------------------------------

    def configure(
        self,
        watches: str = "",
        *,
        trials: int | list[str] = 0,
        sends: str = SENDS,
        extra: str = "",
        store: str = "sqlite:///tracker.db",
        mail: str = "",
        channels: str = "",
        operator: str = "chief",
        http: str = "",
    ) -> None:
        """Write config.toml; without ``watches`` one watch follows trials 1 to ``trials``, or those that are named."""
        numbers = [nct(number) for number in range(1, trials + 1)] if isinstance(trials, int) else trials
        watches = watches or f'[[watch]]\nname = "mine"\ntrials = {json.dumps(numbers)}\n{sends}'
        mail = mail or f'host = "127.0.0.1"\nport = {self.mail.wire.port}\nsecurity = "none"'
        text = f"""
[store]
url = "{store}"
[http]
{http}
[sources.ctgov]
base_url = "{self.registry.base_url}"
pace = 20
[mail]
{mail}
from = "Tracker <tracker@example.org>"
[operator]
channel = "{operator}"
[[channel]]
name = "me"
url = "mailto:me@example.org"
[[channel]]
name = "chief"
url = "mailto:chief@example.org"
{channels}
{watches}
{extra}
"""
        (self.folder / "config.toml").write_text(text, "utf-8")
        (self.folder / "config.toml").chmod(0o600)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command: a user's, plain."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "ATTACK_CLOCK": str(self._clock)}
        if self._shim:
            env["LD_PRELOAD"] = str(self._shim)
        env |= {key: value for key, value in self.environ.items() if key != "LD_PRELOAD"}
        if preload := self.environ.get("LD_PRELOAD"):
            env["LD_PRELOAD"] = " ".join(filter(None, (env.get("LD_PRELOAD"), preload)))
        return env

    def start(self, *args: str | Path) -> Process:
        """Begin a command and let it run."""
        process = Process(self.folder, [COMMAND, *args], self.env)
        self._running.append(process)
        return process

    def run(self, *args: str | Path, limit: float = A_PASS) -> Ended:
        """Run a command to its end."""
        ended = self.start(*args).ended(limit)
        assert "Traceback (most recent call last)" not in ended.err, ended.err[-3000:]
        self.longest = max(self.longest, ended.seconds)
        return ended

    def sync(self, *args: str, limit: float = A_PASS, expect: tuple[int, ...] = (0,)) -> Ended:
        """A pass that must end, with one of these codes."""
        ended = self.run("sync", *args, limit=limit)
        assert ended.code in expect, (ended.code, ended.seconds, ended.said[-2000:])
        return ended

    def events(self) -> list[dict[str, Any]]:
        """The change log."""
        ended = self.run("changes", "--json", "--since", "2000-01-01")
        assert ended.code == 0, ended.said
        events = ended.json["events"]
        assert isinstance(events, list)
        return events

    def kinds(self) -> list[str]:
        """What has happened, in the change log's words."""
        return sorted(str(event["kind"]) for event in self.events())

    # --- what the registry does -------------------------------------------------------------------------------------

    def amend(self, number: int, **values: Any) -> None:
        """A sponsor changes a record today; the registry holds it from now on."""
        self.registry.add(changed(self.registry.studies[nct(number)], on=self.today, **values))

    def hold(self, *studies: Study) -> None:
        """The registry holds these as well."""
        self.registry.add(*studies)


def numbers_in(letters: list[Letter]) -> set[str]:
    """The trials that a reader can find in what he got."""
    return {found for letter in letters for found in re.findall(r"NCT\d{8}", letter.text)}


@contextlib.contextmanager
def attacked(registry: Registry, attack: Any) -> Iterator[None]:
    """The registry under an attack, and honest again afterwards."""
    registry.attack = attack
    try:
        yield
    finally:
        registry.attack = None

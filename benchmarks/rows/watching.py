"""Trials followed over HTTP on which nothing changed, beside programs that watch one address each."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import environ, run, tracker
from benchmarks.registry import Held, Served
from benchmarks.stage import by_number, configure, days
from tracker import clock
from tracker.store import migrate

NAME = "watching"
PEERS = "TRACKER_BENCH_PEERS"
"""The folder of an environment with urlwatch and webchanges; it is made where it is not there."""

_JOB = "name: {number}\nurl: {url}\n"
_QUIET = "display: {new: false, error: true, unchanged: false}\nreport:\n  stdout: {enabled: false}\n"
Command = Sequence[str | Path]


def measure(size: Size, folder: Path) -> list[Figure]:
    """The processor time of a pass over many trials less that of one trial, by the trials more: without what is imported."""
    many = 4 if size == "tiny" else 500
    first, *later = days(5)
    figures: list[Figure] = []
    with Served(Held(count=many, first_day=first, day=first)) as served:

        def passed(program: Callable[[Path, str, int], Command]) -> tuple[float, str]:
            """Milliseconds a trial, and the whole pass in words."""
            folders = {count: folder / f"{program.__name__}-{count}" for count in (1, many)}
            served.show(first)
            started: dict[int, Command] = {}
            for count, at in folders.items():
                at.mkdir()
                started[count] = program(at, served.url, count)
                if size != "tiny":
                    run(started[count], folder=at, environ=environ(), expected=None)
            passes: dict[int, list[float]] = {1: [], many: []}
            for day in later if size != "tiny" else later[:1]:  # in turns, as other work on the machine comes and goes
                served.show(day)
                for count, command in started.items():
                    passes[count].append(run(command, folder=folders[count], environ=environ()).cpu)
            cpu = [min(passes[count]) for count in (1, many)]
            each = max(cpu[1] - cpu[0], 1e-9) / (many - 1) * 1e3
            return (
                each,
                f"{each:.3g} ms a trial; a pass over {many} takes {cpu[1]:.3g} s, one over a single trial {cpu[0]:.3g} s",
            )

        ours, note = passed(_tracker)
        figures.append(Figure(name=f"{many} trials over HTTP, nothing changed", figure=ours, unit="ms/trial", note=note))
        for peer, bar in ((_urlwatch, Bar(15, of="figure", most=False)), (_webchanges, None)) if size != "tiny" else ():
            theirs, note = passed(peer)
            name = peer.__name__.removeprefix("_")
            figures.append(Figure(name=f"{name}, in our time", figure=theirs / ours, unit="times", bar=bar, note=note))
    return figures


def _tracker(folder: Path, url: str, count: int) -> Command:
    migrate(configure(folder, by_number(count), url).store_url, now=clock.now())
    return tracker("sync", "--config", folder / "config.toml", "--json")


def _urlwatch(folder: Path, url: str, count: int) -> Command:
    _jobs(folder, url, count)
    files = ("--urls", "jobs.yaml", "--config", "config.yaml", "--hooks", "hooks.py", "--cache", "seen.db")
    return [_peers() / "bin" / "urlwatch", *files]


def _webchanges(folder: Path, url: str, count: int) -> Command:
    _jobs(folder, url, count)
    files = ("--jobs", "jobs.yaml", "--config", "config.yaml", "--hooks", "hooks.py", "--database", "seen.db")
    return [_peers() / "bin" / "webchanges", *files]


def _jobs(folder: Path, url: str, count: int) -> None:
    jobs = [_JOB.format(number=studies.nct(n), url=f"{url}/studies/{studies.nct(n)}") for n in range(count)]
    (folder / "jobs.yaml").write_text("---\n".join(jobs))
    (folder / "config.yaml").write_text(_QUIET)
    (folder / "hooks.py").write_text("")


def _peers() -> Path:
    folder = Path(os.environ.get(PEERS) or Path(sys.prefix).parent / ".peers")
    if not (folder / "bin" / "urlwatch").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "urlwatch", "webchanges"], check=True, stdout=sys.stderr)
    return folder

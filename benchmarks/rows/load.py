"""The pages under load: 50 clients for a minute, with the pauses that people and monitors make, beside a static file.

As long a time before is not counted. The server has one core to itself and the clients another, where there are two. Of the
clients 35 are people, who pause 4 to 12 seconds after each page; 15 are monitors, which ask for feeds and the API every 5
seconds. Connections are kept open.
"""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import environ, tracker
from benchmarks.registry import Held
from benchmarks.rows.reading import lengthened
from benchmarks.stage import Stage, days

NAME = "load"
BAR = Bar(100, of="figure")


class Shape(NamedTuple):
    """How much is kept, and how long it is read by how many."""

    trials: int
    events: int
    clients: int
    seconds: float
    pauses: tuple[float, float]
    beat: float


SHAPES = {
    "tiny": Shape(10, 60, 4, 0.3, (0.01, 0.05), 0.05),
    "usual": Shape(5_000, 100_000, 50, 60.0, (4.0, 12.0), 5.0),
    "large": Shape(5_000, 100_000, 50, 300.0, (4.0, 12.0), 5.0),
}

FILTERS = (
    "",
    "watch=bench",
    "min_severity=major",
    "min_severity=notable",
    "kind=enrollment_changed",
    "kind=titles_changed",
    "effect=raised",
    "effect=lowered",
    "status=RECRUITING",
    "status=COMPLETED",
    "country=Germany",
    "country=United+States",
    "since=7d",
    "since=30d",
    "source=ctgov",
    "words=amendment",
    "words=unheardof",
)
"""What people narrow the log by, one or two at a time: some hundred different addresses."""
QUESTIONS = ("lupus", "breast+cancer", "randomized", "vaccine", "unheardof", "NCT70000007", '"phase+2"', "diabet")


class Asked(NamedTuple):
    """An answer: of which kind of address, and after how many seconds."""

    kind: str
    seconds: float


def measure(size: Size, folder: Path) -> list[Figure]:
    """Serve a long log, and read it as many do at once."""
    shape = SHAPES[size]
    _make(shape, folder)
    with _served(folder) as (server, port):
        for path in ("/", "/watches/bench", "/deadlines"):  # what the server reads once after its start
            _Client(port).get(path)
        _load(shape, port, 1)
        begin = _resident(server.pid)
        answers = _load(shape, port, 2)
        end = _resident(server.pid)
    assert answers, "no answer came"
    return [*_figures(answers, shape), *_memory(begin, end, shape)]


def _make(shape: Shape, folder: Path) -> None:
    """Trials that are followed for more than a year, in which the events lie."""
    first, second = days(400)[0], days(1)[0]
    stage = Stage(folder, Held(count=shape.trials, first_day=first, day=first, edit="amended", edited=0))
    stage.sync()
    stage.held.edited = min(shape.trials, 40)
    stage.turn(second)
    stage.sync()
    lengthened(stage.store, second, shape.trials, shape.events)
    stage.close()


def _figures(answers: Sequence[Asked], shape: Shape) -> Iterator[Figure]:
    floor = [one.seconds for one in answers if one.kind == "static file"]
    for kind in ("all pages", *sorted({one.kind for one in answers})):
        took = [one.seconds for one in answers if kind in (one.kind, "all pages") and one.kind != "static file"]
        took = floor if kind == "static file" else took
        if not took:
            continue
        p50, p95 = _share(took, 50), _share(took, 95)
        yield Figure(
            name=f"{kind}, {shape.clients} clients, p95",
            figure=p95 * 1e3,
            unit="ms",
            floor=_share(floor, 95) * 1e3 if floor else None,
            floor_is="a static file of the same server in the same minute" if floor else "",
            bar=BAR if kind == "all pages" else None,
            note=f"{len(took)} answers, p50 {p50 * 1e3:.1f} ms, longest {max(took) * 1e3:.0f} ms",
        )


def _memory(begin: float, end: float, shape: Shape) -> Iterator[Figure]:
    if begin:
        note = f"{begin:.0f} MB before and {end:.0f} MB after {shape.seconds:.0f} seconds"
        yield Figure(name="memory of the server after the load", figure=end / begin, unit="times", bar=Bar(1.25), note=note)


def _share(took: Sequence[float], percent: int) -> float:
    return quantiles(took, n=100, method="inclusive")[percent - 1] if len(took) > 1 else took[0]


# --- the server -------------------------------------------------------------------------------------------------------


@contextmanager
def _served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`tracker serve` on a core of its own, where there is more than one."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    command = [*map(str, tracker("serve", "--bind", "127.0.0.1:0", "--config", folder / "config.toml"))]
    server = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environ()}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        if len(cores) > 1:
            os.sched_setaffinity(server.pid, cores[:1])
            os.sched_setaffinity(0, cores[1:])
        assert server.stderr is not None
        said = next((line for line in server.stderr if "The pages are at" in line), "")
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield server, int(said.split("127.0.0.1:")[1].split("/")[0])
    finally:
        if cores:
            os.sched_setaffinity(0, cores)
        server.terminate()
        server.wait()


def _resident(process: int) -> float:
    """Megabytes of memory that a process has; 0 where the system does not say."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0


# --- the clients ------------------------------------------------------------------------------------------------------


class _Client:
    """A connection that is kept open, and opened again where the server has closed it meanwhile."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def get(self, path: str) -> float:
        """Ask, and read the whole answer: the seconds that it took."""
        for attempt in (1, 2):
            began = time.perf_counter()
            try:
                self._connection.request("GET", path)
                answer = self._connection.getresponse()
                answer.read()
            except (http.client.HTTPException, ConnectionError):
                self._connection.close()
                if attempt == 2:
                    raise
                continue
            assert answer.status == 200, (path, answer.status)
            break
        return time.perf_counter() - began


def _load(shape: Shape, port: int, seed: int) -> list[Asked]:
    answers: list[Asked] = []
    failed: list[BaseException] = []
    until = time.perf_counter() + shape.seconds

    def run(number: int) -> None:
        try:
            chance, client = random.Random(seed * 1_000 + number), _Client(port)
            monitor = number % 10 < 3
            _rest(chance.uniform(0, shape.beat), until)
            while time.perf_counter() < until:
                kind, path = _monitored(chance, shape) if monitor else _read(chance, shape)
                answers.append(Asked(kind, client.get(path)))
                _rest(shape.beat if monitor else chance.uniform(*shape.pauses), until)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(number,)) for number in range(shape.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return answers


def _rest(seconds: float, until: float) -> None:
    time.sleep(max(min(seconds, until - time.perf_counter()), 0))  # noqa: TID251 - clients pause, as people do


def _trial(chance: random.Random, shape: Shape) -> str:
    """A trial: some are read by many, most by hardly anybody."""
    return studies.nct(min(int(chance.expovariate(1 / 200)), shape.trials - 1))


def _read(chance: random.Random, shape: Shape) -> tuple[str, str]:
    """What a person opens next."""
    asked = "&".join(sorted({one for one in chance.choices(FILTERS, k=2) if one}, key=FILTERS.index))
    asked = "&".join({part.partition("=")[0]: part for part in asked.split("&")}.values()) if asked else ""
    found: tuple[tuple[int, str, str], ...] = (
        (10, "/", "/"),
        (25, "/ with filters", f"/?{asked}"),
        (25, "trial", f"/trials/ctgov:{_trial(chance, shape)}"),
        (8, "compare", f"/trials/ctgov:{studies.nct(chance.randrange(min(shape.trials, 40)))}/compare"),
        (8, "watch", f"/watches/bench?sort={chance.choice(('name', 'completion', 'updated', 'near'))}"),
        (6, "deadlines", "/deadlines"),
        (4, "health", "/health"),
        (12, "search", f"/search?q={chance.choice(QUESTIONS)}"),
        (8, "static file", "/static/style.css"),
    )
    return chance.choices([one[1:] for one in found], [one[0] for one in found])[0]


def _monitored(chance: random.Random, shape: Shape) -> tuple[str, str]:
    """What a program asks for next."""
    found: tuple[tuple[str, str], ...] = (
        ("feeds", chance.choice(("/latest.atom", "/watches/bench.atom", f"/trials/ctgov:{_trial(chance, shape)}.atom"))),
        ("calendars", f"/trials/ctgov:{_trial(chance, shape)}.ics"),
        ("API", f"/api/v1/trials?limit=50&after=ctgov:{_trial(chance, shape)}"),
        ("API", "/api/v1/changes?since=7d"),
        ("API", "/api/v1/stories?min_severity=major"),
        ("API", f"/api/v1/trials/ctgov:{_trial(chance, shape)}"),
        ("API", "/api/v1/health"),
        ("API", "/api/v1/deadlines"),
    )
    return chance.choice(found)

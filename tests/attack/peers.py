"""The same attacks on two watchers of pages: ``python -m tests.attack.peers`` prints the table of docs/reliability.md.

urlwatch and webchanges watch addresses and know nothing of trials, so each trial is an address of theirs. They are installed
into a folder of their own on request (``--programs FOLDER``, an environment that is made if it is not there), are no part of
the project, and are asked by the same registry and mail server, in the same run, as this program.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.attack import records
from tests.attack import registry as ways
from tests.attack.records import Study, changed, nct, number_of, study
from tests.attack.registry import Answer, Asked, spoiling
from tests.attack.scene import COMMAND, Ended, Process, Scene, attacked, numbers_in, until, wait

LIMIT = 400
"""Seconds after which a command is taken to hang."""

REPORT = """
display: {{new: false, error: true, unchanged: false}}
report:
  stdout: {{enabled: false}}
  email:
    enabled: true
    from: watcher@example.org
    to: me@example.org
    html: false
    method: smtp
    subject: '{{count}} changes'
    smtp: {{host: 127.0.0.1, port: {port}, starttls: false, auth: false, user: '', utf-8: true}}
"""


JOB = """name: {number}
url: {url}
filter:
  - format-json
  - re.sub: '"versionHolder".*'
"""
"""As one sets it up who knows that the registry writes a new date into each record every day."""


class Watcher:
    """A program that watches the trials of a scene, and how it is called."""

    name = "tracker"

    def __init__(self, programs: Path) -> None:
        self.programs = programs

    def configure(self, scene: Scene, trials: int) -> None:
        """Follow so many trials and mail what changes."""
        scene.configure(trials=trials)

    def command(self, scene: Scene) -> Sequence[str | Path]:
        """One pass."""
        return [COMMAND, "sync"]

    def database(self, scene: Scene) -> list[Path]:
        """Where it keeps what it has seen."""
        return list(scene.folder.glob("tracker.db*"))

    def start(self, scene: Scene) -> Process:
        """Begin a pass."""
        return Process(scene.folder, self.command(scene), scene.env)

    def run(self, scene: Scene, limit: float = LIMIT) -> Ended:
        """A pass to its end."""
        return self.start(scene).ended(limit)


class Urlwatch(Watcher):
    """``urlwatch``, an address a trial."""

    name = "urlwatch"
    files = ("--urls", "jobs.yaml", "--config", "config.yaml", "--hooks", "hooks.py", "--cache", "seen.db")

    def configure(self, scene: Scene, trials: int) -> None:
        jobs = [JOB.format(number=nct(n), url=f"{scene.registry.base_url}/studies/{nct(n)}") for n in range(1, trials + 1)]
        (scene.folder / "jobs.yaml").write_text("---\n".join(jobs))
        (scene.folder / "config.yaml").write_text(REPORT.format(port=scene.mail.wire.port))
        (scene.folder / "hooks.py").write_text("")

    def command(self, scene: Scene) -> Sequence[str | Path]:
        return [self.programs / "bin" / self.name, *self.files]

    def database(self, scene: Scene) -> list[Path]:
        return list(scene.folder.glob("seen.db*"))


class Webchanges(Urlwatch):
    """``webchanges``, its successor by another author."""

    name = "webchanges"
    files = ("--jobs", "jobs.yaml", "--config", "config.yaml", "--hooks", "hooks.py", "--database", "seen.db")


# --- the attacks: each says in a few words what happened ------------------------------------------------------------


def begun(watcher: Watcher, scene: Scene, trials: int, *more: Study) -> None:
    """Known trials, and nothing told of them yet."""
    scene.hold(*(study(number) for number in range(1, trials + 1)), *more)
    watcher.configure(scene, trials)
    watcher.run(scene)
    scene.mail.letters.clear()
    scene.next_day()


def passes(watcher: Watcher, scene: Scene, count: int = 1) -> None:
    """Passes a day apart."""
    for _ in range(count):
        watcher.run(scene)
        scene.next_day()


def took(ended: Ended) -> str:
    """How long a command took."""
    return f"no end within {LIMIT} s" if ended.code is None else f"{ended.seconds:.0f} s, exit {ended.code}"


def told(scene: Scene) -> str:
    """What the reader got."""
    return f"{len(scene.mail.to('me'))} mails naming {len(numbers_in(scene.mail.to('me')))} trials"


def terminated(scene: Scene) -> set[str]:
    """The trials whose end the reader was told: in a line of a diff, or in words."""
    told = [letter for letter in scene.mail.to("me") if re.search(r"^\+.*TERMINATED|Terminated", letter.text, re.MULTILINE)]
    return numbers_in(told)


def quiet_day(watcher: Watcher, scene: Scene) -> str:
    begun(watcher, scene, 20)
    passes(watcher, scene, 2)
    return told(scene)


def hostile_text(watcher: Watcher, scene: Scene) -> str:
    chance = random.Random(1)
    words = records.one_line(chance, 1_000_000).split()
    field = "eligibilityModule__eligibilityCriteria"
    begun(watcher, scene, 2, changed(study(1), **{field: " ".join(words)}))
    scene.amend(1, **{field: " ".join(chance.sample(words, len(words)))})
    scene.amend(2, statusModule__overallStatus="TERMINATED")
    ended = watcher.run(scene)
    largest = max((letter.size for letter in scene.mail.to("me")), default=0)
    return f"{took(ended)}; {told(scene)}, the largest {largest / 1000:,.0f} kB; {ended.memory / 1e6:.0f} MB of memory"


def refused_mail(watcher: Watcher, scene: Scene) -> str:
    begun(watcher, scene, 5)
    scene.mail.answers = {"RCPT": "554 5.7.1 Relay access denied"}
    scene.amend(1, statusModule__overallStatus="TERMINATED")
    watcher.run(scene)
    scene.mail.answers = {}
    scene.next_day()
    passes(watcher, scene, 2)
    return "told afterwards" if nct(1) in terminated(scene) else "never told"


def hanging(attack: Any, trials: int) -> Callable[[Watcher, Scene], str]:
    def under(watcher: Watcher, scene: Scene) -> str:
        begun(watcher, scene, trials)
        with attacked(scene.registry, attack):
            return took(watcher.run(scene))

    return under


def stopped(watcher: Watcher, scene: Scene) -> str:
    begun(watcher, scene, 50)
    scene.registry.asked.clear()
    with attacked(scene.registry, ways.silence):
        process = watcher.start(scene)
        until(lambda: scene.registry.asked, 60)
        wait(1)
        process.signal(signal.SIGTERM)
        return took(process.ended(LIMIT))


def stale_node(watcher: Watcher, scene: Scene) -> str:
    begun(watcher, scene, 5)
    before, stamp = dict(scene.registry.studies), scene.registry.stamp[:-1] + "4"
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    after, newer = dict(scene.registry.studies), scene.registry.stamp
    for turn in range(8):
        scene.registry.studies, scene.registry.stamp = (dict(after), newer) if turn % 2 == 0 else (dict(before), stamp)
        watcher.run(scene)
    return told(scene)


def for_a_day(spoil: Callable[[Study], Study | None], trials: int) -> Callable[[Watcher, Scene], str]:
    def one(asked: Asked, answer: Answer) -> Answer:
        if answer.status != 200 or "/studies" not in asked.path:
            return answer
        body = json.loads(answer.body)
        if "studies" in body:
            found = [made for record in body["studies"] if (made := spoil(record)) is not None]
            return answer._replace(body=json.dumps({**body, "studies": found}).encode())
        made = spoil(body)
        return Answer(404, b"not found", "text/plain") if made is None else answer._replace(body=json.dumps(made).encode())

    def under(watcher: Watcher, scene: Scene) -> str:
        begun(watcher, scene, trials)
        with attacked(scene.registry, spoiling(one)):
            passes(watcher, scene)
        passes(watcher, scene)
        return told(scene)

    return under


def unknown(record: Study) -> Study:
    return changed(record, statusModule__overallStatus="UNKNOWN", statusModule__lastKnownStatus="RECRUITING")


def mistyped(record: Study) -> Study:
    spoilt = number_of(record) in (nct(1), nct(2))
    return changed(record, outcomesModule__primaryOutcomes="Overall survival") if spoilt else record


def absent(record: Study) -> Study | None:
    return None if number_of(record) == nct(1) else record


def many_changes(watcher: Watcher, scene: Scene) -> str:
    begun(watcher, scene, 220)
    for number in range(1, 100):
        scene.amend(number, statusModule__overallStatus="TERMINATED", statusModule__whyStopped="Sponsor decision")
    watcher.run(scene)
    return told(scene)


def lost_database(watcher: Watcher, scene: Scene) -> str:
    begun(watcher, scene, 5)
    for file in watcher.database(scene):
        file.unlink()
    scene.amend(1, statusModule__overallStatus="TERMINATED")
    ended = watcher.run(scene)
    return f"refused, exit {ended.code}" if ended.code else "a silent new baseline, exit 0"


def killed(watcher: Watcher, scene: Scene) -> str:
    begun(watcher, scene, 20)
    for number in range(1, 11):
        scene.amend(number, statusModule__overallStatus="TERMINATED")
    scene.mail.answers = {"end": "silence"}
    process, before = watcher.start(scene), scene.mail.connections
    until(lambda: scene.mail.connections > before, 90)
    wait(1)
    process.kill()
    scene.mail.answers = {}
    scene.next_day()
    passes(watcher, scene, 2)
    return f"{len(terminated(scene))} of 10 changes told afterwards"


ATTACKS: dict[str, Callable[[Watcher, Scene], str]] = {
    "two days on which nothing changes but the data version, 20 trials": quiet_day,
    "1 MB of criteria in one line, reordered": hostile_text,
    "the mail server refuses by policy (5.7.1) for one pass": refused_mail,
    "kill -9 while the mail is handed over": killed,
    "the host never answers, 50 trials": hanging(ways.silence, 50),
    "the host trickles, 50 trials": hanging(ways.trickle, 50),
    "SIGTERM while the host never answers, 50 trials": stopped,
    "two nodes a day apart, one true change, 8 passes": stale_node,
    "99 trials UNKNOWN for a day": for_a_day(unknown, 99),
    "one field of a wrong type in 2 of 20 trials for a day": for_a_day(mistyped, 20),
    "one record absent for a day": for_a_day(absent, 20),
    "99 major changes at once": many_changes,
    "the database is deleted between two passes": lost_database,
}

NOT_APPLIED = (
    "Not applied to them, for they have nothing of the sort: aliases and merges, searches read page by page, leases, a daemon "
    "with `/health`, PostgreSQL, calendar events, webhooks of one's own."
)


def main() -> None:
    """Write the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--programs", type=Path, help="the environment that holds urlwatch and webchanges")
    asked.add_argument("--only", default="", help="attacks whose name this pattern finds")
    options = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="attack-peers-"))
    programs = options.programs or folder / "programs"
    if not (programs / "bin" / "webchanges").exists():
        venv.create(programs, with_pip=True)
        subprocess.run([programs / "bin" / "pip", "install", "--quiet", "urlwatch", "webchanges"], check=True)
    shim = folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, Path(__file__).parent / "shims" / "clock.c"], check=True)
    watchers = [Watcher(programs), Urlwatch(programs), Webchanges(programs)]
    say = sys.stdout.write
    say("| Attack | " + " | ".join(watcher.name for watcher in watchers) + " |\n|---|---|---|---|\n")
    for name, attack in ATTACKS.items():
        if not re.search(options.only, name):
            continue
        row = []
        for watcher in watchers:
            scene = Scene(Path(tempfile.mkdtemp(dir=folder)) / "home", shim)
            row.append(attack(watcher, scene))
            scene.close()
        say(f"| {name} | {' | '.join(row)} |\n")
        sys.stdout.flush()
    say(f"\n{NOT_APPLIED}\n")


if __name__ == "__main__":
    main()

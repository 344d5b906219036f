"""Clocks that are wrong: far ahead, behind, and two hosts with two of them on one database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import timedelta

import pytest

from tests.attack import registry as ways
from tests.attack.records import changed, nct, study
from tests.attack.scene import COMMAND, Scene, until, wait


@pytest.mark.cost(10)
@pytest.mark.parametrize("days", [3, 40, 400])
def test_a_clock_far_ahead_makes_no_calendar_events(scene: Scene, days: int) -> None:
    soon = (scene.now + timedelta(days=2)).date().isoformat()
    scene.hold(changed(study(1), statusModule__primaryCompletionDateStruct={"date": soon, "type": "ESTIMATED"}), study(2))
    scene.configure(trials=2)
    scene.sync()
    scene.mail.letters.clear()
    truly = scene.ahead
    scene.set_clock(truly + timedelta(days=days))
    scene.sync(expect=(0, 3))
    scene.sync("--full", expect=(0, 3))
    assert scene.kinds() == []
    assert scene.mail.to("me") == []
    scene.set_clock(truly)
    scene.next_day()
    scene.amend(2, statusModule__overallStatus="COMPLETED")
    scene.sync(expect=(0, 3))
    assert len(scene.mail.to("me")) == 1, "nothing waits for the day that the clock had reached"
    scene.next_day(3)
    scene.sync(expect=(0, 3))
    assert scene.kinds().count("milestone_passed") == 1, "what comes due in truth is told, once"


def elsewhere(scene: Scene, ahead: timedelta, *args: str) -> subprocess.Popen[bytes]:
    """The command on another host: with its own name and its own clock."""
    clock = scene.folder / ".clock-elsewhere"
    clock.write_bytes(int((scene.ahead + ahead).total_seconds()).to_bytes(8, "little", signed=True))
    inner = f'hostname elsewhere && exec "{COMMAND}" {" ".join(args)}'
    if os.geteuid() != 0 or subprocess.run(["unshare", "-u", "true"], check=False, capture_output=True).returncode:
        pytest.skip("another host name is given by root on Linux")
    return subprocess.Popen(
        ["unshare", "-u", "sh", "-c", inner],
        cwd=scene.folder,
        env={**scene.env, "ATTACK_CLOCK": str(clock)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.cost(9)
@pytest.mark.parametrize("minutes", [-50, 50, 600])
def test_the_lease_of_a_dead_host_with_another_clock_blocks_for_fifteen_minutes_at_most(scene: Scene, minutes: int) -> None:
    scene.hold(study(1), study(2))
    scene.configure(trials=2)
    scene.sync()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.registry.attack, scene.registry.asked = ways.for_records(ways.silence), []
    other = elsewhere(scene, timedelta(minutes=minutes), "sync")
    assert until(lambda: any("/studies" in asked.path for asked in scene.registry.asked), 60)
    wait(0.5)
    other.send_signal(signal.SIGKILL)
    other.wait()
    scene.registry.attack = None
    scene.mail.letters.clear()
    for _ in range(4):
        scene.sync(expect=(0, 1, 3))
        scene.set_clock(scene.ahead + timedelta(minutes=5, seconds=20))
    assert len(scene.mail.to("me")) == 1


@pytest.mark.cost(10)
@pytest.mark.parametrize("minutes", [-50, 50])
def test_two_hosts_with_two_clocks_double_nothing(scene: Scene, minutes: int) -> None:
    scene.hold(*(study(number) for number in range(1, 30)))
    scene.configure(trials=29)
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    for number in range(1, 8):
        scene.amend(number, statusModule__overallStatus="COMPLETED")
    others = [elsewhere(scene, timedelta(minutes=minutes), "sync") for _ in range(2)]
    scene.run("sync")
    for other in others:
        assert other.wait(120) in (0, 1, 3)
    for _ in range(2):
        scene.set_clock(scene.ahead + timedelta(hours=1))
        scene.sync(expect=(0, 3))
    assert len(scene.kinds()) == 7
    ids = [str(letter.message["Message-ID"]) for letter in scene.mail.to("me")]
    assert len(ids) == len(set(ids))
    told = "\n".join(letter.text for letter in scene.mail.to("me"))
    assert all(nct(number) in told for number in range(1, 8))
    assert json.loads(scene.run("outbox", "--json").out)["messages"] in ([], ())

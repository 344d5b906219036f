"""Whatever a host does, a pass has an end, says meanwhile what it waits for, and can be stopped."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.attack import hooksink
from tests.attack import registry as ways
from tests.attack.hooksink import Hook
from tests.attack.mailsink import SILENCE
from tests.attack.records import changed, nct, study
from tests.attack.registry import Answer, Asked, Registry
from tests.attack.scene import Scene, attacked, numbers_in, until, wait
from tests.attack.wires import blackhole, reset

PROMISED = 120
"""Seconds within which a one-shot pass ends, whatever its host does."""

ANY_HANG = 400
STOPS = 5 if os.environ.get("TRACKER_CHAOS") == "all" else 15
"""Seconds that only a hang exceeds; two are promised, and what was measured stands in docs/reliability.md."""


def broken(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
    """RST in place of an answer."""
    reset(connection)
    return True


HANGS: dict[str, Any] = {
    "reset": broken,
    "never answers": ways.silence,
    "trickles": ways.trickle,
    "trickles headers": ways.trickled_head,
    "never answers for records": ways.for_records(ways.silence),
    "trickles records": ways.for_records(ways.trickle),
}


@pytest.mark.cost(130)
@pytest.mark.parametrize("trials", [5, 3_000])
@pytest.mark.parametrize("hang", HANGS)
def test_a_pass_ends_whatever_its_host_does(scene: Scene, hang: str, trials: int) -> None:
    scene.hold(*(study(number) for number in range(1, trials + 1)))
    scene.configure(trials=trials)
    scene.registry.attack = HANGS[hang]
    process = scene.start("sync")
    spoken = until(process.said, 35) or process.popen.poll() is not None
    ended = process.ended(ANY_HANG)
    scene.longest = ended.seconds + 35
    assert ended.code in (1, 3), (ended.code, ended.said[-500:])
    assert spoken, "nothing on the terminal for so long is a hang to a person"


@pytest.mark.cost(90)
def test_a_pass_ends_where_connecting_gets_no_answer(scene: Scene) -> None:
    scene.configure(trials=50)
    with blackhole() as port:
        text = (scene.folder / "config.toml").read_text().replace(str(scene.registry.wire.port), str(port))
        (scene.folder / "config.toml").write_text(text)
        assert scene.run("sync", limit=ANY_HANG).code in (1, 3)


def names(asked: list[Asked]) -> set[str]:
    """The trials whose records were asked for."""
    return {number for one in asked for number in one.params.get("filter.ids", "").split(",") if number}


@pytest.mark.cost(110)
def test_a_slow_first_load_ends_at_the_limit_of_a_pass_and_the_next_goes_on(scene: Scene) -> None:
    count = 4_000
    scene.hold(*(study(number) for number in range(1, count + 1)))
    scene.configure(trials=count, http='pass_limit = "1m"')

    def slow(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
        registry.wire.pause(12)
        return False

    scene.registry.attack = ways.for_records(slow)
    ended = scene.sync(expect=(3,), limit=PROMISED)
    assert "limit" in ended.said or "pass_limit" in ended.said
    scene.registry.attack = None
    read = [asked for asked in scene.registry.asked if "filter.ids" in asked.params][:-1]
    assert 0 < len(names(read)) < count
    scene.registry.asked.clear()
    scene.sync()
    assert not names(read) & names(scene.registry.asked), "what was read is not asked for again"
    assert len(scene.run("list", "--json").json["trials"]) == count


def fresh_tokens(kind: str) -> Any:
    """Each page names a next one, for ever: an empty page, the same page, or invented trials without end."""
    pages = itertools.count(1)

    def attack(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
        if "filter.ids" in asked.params or not asked.path.endswith("/studies"):
            return False
        page = next(pages)
        fresh = [registry.served(study(90_000_000 + page * 10 + number)) for number in range(10)]
        held = [registry.served(record) for record in registry.studies.values()]
        found = {"empty": [], "the same": held, "invented": fresh}[kind]
        body = {"studies": found, "totalCount": len(held), "nextPageToken": f"token-{page}"}
        connection.sendall(Answer(200, json.dumps(body).encode()).bytes())
        return True

    return attack


SEARCH = """
[[watch]]
name = "endless"
search = "https://clinicaltrials.gov/search?cond=Testitis"
[[watch.send]]
to = "me"
[[watch]]
name = "listed"
trials = ["NCT00000001"]
[[watch.send]]
to = "me"
when = "immediate"
min_severity = "minor"
"""


@pytest.mark.cost(20)
@pytest.mark.parametrize("kind", ["empty", "the same", "invented"])
def test_a_search_whose_pages_never_end_fails_alone_and_the_operator_hears(scene: Scene, kind: str) -> None:
    scene.hold(*(study(number) for number in range(1, 6)))
    scene.configure(SEARCH)
    scene.sync()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.mail.letters.clear()
    with attacked(scene.registry, fresh_tokens(kind)):
        scene.sync(expect=(3,), limit=PROMISED)
    assert nct(1) in numbers_in(scene.mail.to("me"))
    assert scene.mail.to("chief"), "the operator hears of the search"
    assert len(scene.registry.asked) < 300


@pytest.mark.cost(8)
def test_an_empty_page_before_the_last_is_no_end(scene: Scene) -> None:
    """Near miss: the registry may give an empty page with a token, and goes on."""
    scene.hold(*(study(number) for number in range(1, 6)))
    scene.configure(SEARCH)
    scene.registry.page_size = 2
    empty = iter([True])

    def attack(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
        if "pageToken" in asked.params and next(empty, False):
            body = {"studies": [], "nextPageToken": asked.params["pageToken"]}
            connection.sendall(Answer(200, json.dumps(body).encode()).bytes())
            return True
        return False

    scene.registry.attack = attack
    scene.sync(expect=(0, 3))
    scene.registry.attack = None
    scene.next_day()
    scene.sync()
    assert scene.run("list", "--json").json["trials"].__len__() == 5


# --- being stopped --------------------------------------------------------------------------------------------------


def stuck_in_registry(attack: Any) -> Callable[[Scene], Callable[[], object]]:
    def begin(scene: Scene) -> Callable[[], object]:
        scene.registry.asked.clear()
        scene.registry.attack = attack
        return lambda: any("/studies" in asked.path for asked in scene.registry.asked)

    return begin


def stuck_in_mail(when: str, answer: str | bytes) -> Callable[[Scene], Callable[[], object]]:
    def begin(scene: Scene) -> Callable[[], object]:
        before = scene.mail.connections
        scene.mail.answers = {when: answer}
        return lambda: scene.mail.connections > before

    return begin


def stuck_in_hook(scheme: str, ours: str, ending: str = "") -> Callable[[Scene], Callable[[], object]]:
    def begin(scene: Scene) -> Callable[[], object]:
        hook = Hook()
        hook.way = hooksink.silent_once
        config = scene.folder / "config.toml"
        url = hook.url.replace(scheme, ours) + ending
        text = config.read_text("utf-8") + f'[[channel]]\nname = "hook"\nurl = "{url}"\n'
        config.write_text(
            text.replace('to = "me"', 'to = "hook"\nwhen = "immediate"\nmin_severity = "minor"\n[[watch.send]]\nto = "me"', 1)
        )
        return lambda: hook.requests

    return begin


STUCK: dict[str, Callable[[Scene], Callable[[], object]]] = {
    "a host that never answers": stuck_in_registry(ways.for_records(ways.silence)),
    "a trickle": stuck_in_registry(ways.for_records(ways.trickle)),
    "a trickle of headers": stuck_in_registry(ways.for_records(ways.trickled_head)),
    "a mail server that never answers": stuck_in_mail("greeting", SILENCE),
    "a mail server that is silent at the end": stuck_in_mail("end", SILENCE),
    "a webhook that never answers": stuck_in_hook("http:", "hook+http:"),
    "a chat service that never answers": stuck_in_hook("http:", "json:", "?rto=200"),
    "a mail server that trickles": stuck_in_mail("greeting", b"slowly 220-wait a little\r\n220-longer\r\n220 ready\r\n"),
}


@pytest.mark.cost(7)
@pytest.mark.parametrize(
    ("command", "number", "code"),
    [("sync", signal.SIGINT, 130), ("sync", signal.SIGTERM, 143), ("run", signal.SIGTERM, 0), ("run", signal.SIGINT, 0)],
)
@pytest.mark.parametrize("stuck", STUCK)
def test_a_signal_ends_the_program_whatever_it_waits_for(
    scene: Scene, stuck: str, command: str, number: int, code: int, record_property: pytest.RecordProperty
) -> None:
    scene.hold(*(study(number) for number in range(1, 700)))
    scene.configure(trials=699)
    scene.sync("--no-deliver")
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    there = STUCK[stuck](scene)
    process = scene.start(command)
    assert until(there, 60), process.said()
    wait(1.5)
    process.signal(number)
    ended = process.ended(STOPS)
    scene.longest = ended.seconds
    record_property("stopped", f"{ended.seconds:.1f} s  {command}, {signal.Signals(number).name}: {stuck}")
    assert ended.code in (code, -number if code else 0), (ended.code, ended.seconds, ended.said[-500:])
    scene.registry.attack, scene.mail.answers = None, {}
    scene.sync()
    if nct(1) not in numbers_in(scene.mail.to("me")):
        scene.run("outbox", "retry")
    assert nct(1) in numbers_in(scene.mail.to("me")), "the next pass tells what the stopped one did not"


@pytest.mark.cost(8)
def test_a_signal_in_a_hang_keeps_what_was_staged(scene: Scene) -> None:
    """The second batch hangs; the first is not asked for again."""
    scene.hold(*(study(number) for number in range(1, 1_200)))
    scene.configure(trials=1_199)
    batches: list[str] = []

    def attack(registry: Registry, connection: socket.socket, asked: Asked) -> bool:
        if "filter.ids" not in asked.params:
            return False
        batches.append(asked.params["filter.ids"])
        return len(batches) > 1 and ways.silence(registry, connection, asked)

    scene.registry.attack = attack
    process = scene.start("sync")
    assert until(lambda: len(batches) > 1, 60)
    wait(1)
    process.signal(signal.SIGTERM)
    assert process.ended(STOPS).code in (143, -signal.SIGTERM)
    first = batches[0]
    scene.registry.attack, scene.registry.asked = None, []
    scene.sync()
    assert not set(first.split(",")) & names(scene.registry.asked)


@pytest.mark.cost(40)
def test_large_answers_cost_little_more_than_their_size(scene: Scene) -> None:
    scene.hold(study(1))
    scene.configure(trials=1)
    plain = scene.sync().memory
    text, count = "\n".join(f"A line of a description {number}" for number in range(3_300)), 480
    scene.hold(*(changed(study(number), descriptionModule__detailedDescription=text) for number in range(2, count + 2)))
    scene.configure(trials=count + 1)
    scene.next_day()
    ended = scene.run("sync", limit=ANY_HANG)
    assert ended.code == 0
    size = count * len(text)
    assert ended.memory - plain < 2.5 * size, f"{(ended.memory - plain) / size:.1f} times its size"

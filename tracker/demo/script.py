"""What becomes of the demo's trials after the first day: patches to their records, read from data/days.toml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from tracker.demo.build import Study


class Operation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a patch; ``file`` names a file of data/ that holds the value."""

    op: Literal["add", "replace", "remove", "move"]
    path: str
    value: Any = None
    file: str = ""
    origin: str = msgspec.field(name="from", default="")


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of one trial on one day; ``about`` says why it is in the demo."""

    day: int
    trial: str
    about: str
    submitted: str = ""
    posted: str = ""
    verified: str = ""
    gone: bool = False
    patch: list[Operation] = []


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """data/days.toml."""

    update: list[Update]


def apply(update: Update, studies: dict[str, Study], read: Callable[[str], str]) -> None:
    """Bring one trial to its new state, in place; ``read`` gives the text of a file of data/."""
    if update.gone:
        del studies[update.trial]
        return
    study = studies[update.trial]
    for step in update.patch:
        _step(study, step, read)
    status = study["protocolSection"]["statusModule"]
    if update.verified:
        status["statusVerifiedDate"] = update.verified
    if update.submitted:
        status["lastUpdateSubmitDate"] = update.submitted
        status["lastUpdatePostDateStruct"] = {"date": update.posted, "type": "ACTUAL"}


def _step(study: Study, step: Operation, read: Callable[[str], str]) -> None:
    value = step.value
    if step.file:
        value = msgspec.json.decode(read(step.file))
    if step.op == "move":
        value = _remove(study, step.origin)
    if step.op == "remove":
        _remove(study, step.path)
    else:
        _put(study, step.path, value, insert=step.op != "replace")


def _put(study: Study, pointer: str, value: Any, *, insert: bool) -> None:
    parent, key = _parent(study, pointer)
    if isinstance(parent, list) and insert:
        parent.insert(int(key), value)
    elif isinstance(parent, list):
        parent[int(key)] = value
    else:
        parent[key] = value


def _remove(study: Study, pointer: str) -> Any:
    parent, key = _parent(study, pointer)
    return parent.pop(int(key) if isinstance(parent, list) else key)


def _parent(study: Study, pointer: str) -> tuple[Any, str]:
    *steps, last = pointer.split("/")[1:]
    node: Any = study
    if steps and steps[0] not in study:
        node = study["protocolSection"]
    for step in steps:
        node = node[int(step) if isinstance(node, list) else step]
    return node, last

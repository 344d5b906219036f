"""The three days: the registry's records and the sites' pages as recorded in data/, and what each day changes.

A record of data/studies is a trial as the registry gives it on its first day, before the day's data version is written
into it. data/days.toml patches it for later days.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from tracker import sources

Study = dict[str, Any]

TIMESTAMPS = ("2026-02-10T09:00:05", "2026-02-11T09:00:05", "2026-02-12T09:00:05")
"""The data timestamp of each day, as the registry gives it."""

MEDDATAX_PAGE = "/clinical-trials/NCT07177911"
TRIALX_PAGE = "/clinical-trials/listings/302681/hn2301-in-refractory-systemic-lupus-erythematosus/"

_PAGES = (
    {"/meddatax" + MEDDATAX_PAGE: "meddatax-day-1.html", "/trialx" + TRIALX_PAGE: "trialx-day-1.html"},
    {"/meddatax" + MEDDATAX_PAGE: "meddatax-day-1.html", "/trialx" + TRIALX_PAGE: "trialx-day-1.html"},
    {"/meddatax" + MEDDATAX_PAGE: "meddatax-day-3.html", "/trialx" + TRIALX_PAGE: "trialx-day-3.html"},
)
"""The pages of each day. They lag: they show the registry's new state a day later."""


class DemoDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry and the two sites serve on one day.

    ``studies`` maps a trial's number to its JSON, ``searches`` a condition to the numbers that a search for it finds,
    ``pages`` a path to its HTML.
    """

    data_timestamp: str
    studies: Mapping[str, bytes]
    searches: Mapping[str, tuple[str, ...]]
    pages: Mapping[str, str]


class Operation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a patch; ``file`` names a file of data/ that holds the value."""

    op: Literal["add", "replace", "remove", "move"]
    path: str
    value: Any = None
    file: str = ""
    origin: str = msgspec.field(name="from", default="")


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one trial changes on one day; ``about`` says why it is in the demo."""

    day: int
    trial: str
    about: str
    submitted: str = ""
    posted: str = ""
    verified: str = ""
    new: bool = False
    gone: bool = False
    patch: list[Operation] = []


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """data/days.toml."""

    first_day: list[str]
    searches: dict[str, tuple[str, ...]]
    update: list[Update]


@cache
def days() -> tuple[DemoDay, ...]:
    """The demo's days, in order: a baseline and two days of changes."""
    script = msgspec.convert(tomllib.loads(_text("days.toml")), Script)
    studies = {nct: _recorded(nct) for nct in script.first_day}
    made = []
    for number, (timestamp, pages) in enumerate(zip(TIMESTAMPS, _PAGES, strict=True), start=1):
        for update in script.update:
            if update.day == number:
                _apply(update, studies)
        for study in studies.values():
            study["derivedSection"]["miscInfoModule"]["versionHolder"] = timestamp[:10]
        made.append(
            DemoDay(
                data_timestamp=timestamp,
                studies={nct: msgspec.json.encode(study) for nct, study in studies.items()},
                searches=script.searches,
                pages={path: _text("pages", name) for path, name in pages.items()},
            )
        )
    return tuple(made)


def config_text(url: str, mail_port: int) -> str:
    """A config.toml that follows the demo's trials at this server and mails to this port; its database lies beside it.

    Sources that the demo does not serve are off, so that no later command of this folder asks them.
    """
    values = {
        "CTGOV": f"{url}/api/v2",
        "MEDDATAX": f"{url}/meddatax",
        "TRIALX": f"{url}/trialx",
        "MAIL_PORT": str(mail_port),
        "MEDDATAX_PAGE": f"{url}/meddatax{MEDDATAX_PAGE}",
        "TRIALX_PAGE": f"{url}/trialx{TRIALX_PAGE}",
    }
    text = _text("config.toml")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    others = [key for key in sources.load() if f"[sources.{key}]" not in text]
    return text + "".join(f"\n[sources.{key}]\nenabled = false\n" for key in others)


def _text(*path: str) -> str:
    return files(__package__).joinpath("data", *path).read_text(encoding="utf-8")


def _recorded(nct: str) -> Study:
    return msgspec.json.decode(_text("studies", f"{nct}.json"), type=Study)


# --- patches ----------------------------------------------------------------------------------------------------------


def _apply(update: Update, studies: dict[str, Study]) -> None:
    """Bring one trial to its new state, in place."""
    if update.new:
        studies[update.trial] = _recorded(update.trial)
    if update.gone:
        del studies[update.trial]
        return
    study = studies[update.trial]
    for step in update.patch:
        _step(study, step)
    status = study["protocolSection"]["statusModule"]
    if update.verified:
        status["statusVerifiedDate"] = update.verified
    if update.submitted:
        status["lastUpdateSubmitDate"] = update.submitted
        status["lastUpdatePostDateStruct"] = {"date": update.posted, "type": "ACTUAL"}


def _step(study: Study, step: Operation) -> None:
    value = msgspec.json.decode(_text(step.file)) if step.file else copy.deepcopy(step.value)
    if step.op in ("move", "remove"):
        parent, key = _parent(study, step.origin or step.path)
        value = parent.pop(key)
    if step.op == "remove":
        return
    parent, key = _parent(study, step.path)
    if isinstance(parent, list) and step.op != "replace":
        parent.insert(key, value)
    else:
        parent[key] = value


def _parent(study: Study, pointer: str) -> tuple[Any, Any]:
    """The list or object that holds the value at a pointer, and its index or name there."""
    *steps, last = pointer.split("/")[1:]
    node: Any = study if not steps or steps[0] in study else study["protocolSection"]
    for step in steps:
        node = node[int(step) if isinstance(node, list) else step]
    return node, int(last) if isinstance(node, list) else last

"""The demo's three days, what must be told on each of them, and the configuration that follows them."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from tracker.demo.build import Catalogue, Study, build
from tracker.demo.day import Day
from tracker.demo.pages import meddatax_page, trialx_page
from tracker.demo.registry import LoopbackRegistry
from tracker.demo.script import Script, apply

TIMESTAMPS = ("2026-02-10T09:00:05", "2026-02-11T09:00:05", "2026-02-12T09:00:05")
"""The data timestamp of each day, as the registry gives it."""

MIRRORED = "NCT07177911"
LISTED = "NCT06801119"
MEDDATAX_PAGE = f"/clinical-trials/{MIRRORED}"
TRIALX_PAGE = "/clinical-trials/listings/302681/hn2301-in-refractory-systemic-lupus-erythematosus/"

EXPECTED: tuple[Mapping[str, frozenset[str]], ...] = (
    {},
    {
        "ctgov:NCT07177911": frozenset({"recruitment_status_changed", "start_date_changed"}),
        "ctgov:NCT09900001": frozenset({"results_posted", "documents_changed"}),
        "ctgov:NCT09900002": frozenset({"primary_completion_date_changed", "completion_date_changed"}),
        "ctgov:NCT09900003": frozenset({"enrollment_changed"}),
        "ctgov:NCT09900004": frozenset({"nearby_site_opened"}),
        "ctgov:NCT09900005": frozenset({"primary_outcomes_changed"}),
    },
    {
        "ctgov:NCT09900006": frozenset({"removed"}),
        "ctgov:NCT09900007": frozenset(
            {
                "recruitment_status_changed",
                "why_stopped_changed",
                "enrollment_changed",
                "primary_completion_date_changed",
                "completion_date_changed",
            }
        ),
        "ctgov:NCT09900008": frozenset({"primary_completion_date_changed"}),
        "ctgov:NCT09900009": frozenset({"recruitment_status_changed"}),
        "ctgov:NCT09900012": frozenset({"new_registration"}),
    },
)
"""What must be told on each day: trial -> kinds of at least notable weight. Nothing else may be."""

MINOR: tuple[Mapping[str, frozenset[str]], ...] = (
    {},
    {"ctgov:NCT09900004": frozenset({"sites_changed"})},
    {
        "ctgov:NCT09900007": frozenset({"contacts_changed"}),
        "ctgov:NCT09900011": frozenset({"primary_completion_date_changed"}),
    },
)
"""What is recorded on each day with minor weight."""


@cache
def days() -> tuple[Day, Day, Day]:
    """The demo's days, in order: a baseline and two days of changes."""
    catalogue = msgspec.convert(tomllib.loads(_text("trials.toml")), Catalogue)
    script = msgspec.convert(tomllib.loads(_text("days.toml")), Script)
    studies: dict[str, Study] = {}
    worlds = []
    for number in (1, 2, 3):
        studies = copy.deepcopy(studies)
        studies |= {trial.nct: build(trial, catalogue) for trial in catalogue.trial if trial.first_day == number}
        for update in script.update:
            if update.day == number:
                apply(update, studies, _text)
        for study in studies.values():
            study["derivedSection"]["miscInfoModule"]["versionHolder"] = TIMESTAMPS[number - 1][:10]
        worlds.append(studies)
    first, second, third = worlds
    return (
        _day(0, first, mirrored=first),
        _day(1, second, mirrored=first),  # the page lags: it shows the new state a day after the registry
        _day(2, third, mirrored=third),
    )


def config_text(registry: LoopbackRegistry, mail_port: int) -> str:
    """A config.toml that follows the demo's trials here, mails to this port and keeps its database beside itself."""
    template = _text("config.toml")
    values = {
        "CTGOV": registry.base_url,
        "MEDDATAX": registry.meddatax_url,
        "TRIALX": registry.trialx_url,
        "MAIL_PORT": str(mail_port),
        "MEDDATAX_PAGE": registry.meddatax_url + MEDDATAX_PAGE,
        "TRIALX_PAGE": registry.trialx_url + TRIALX_PAGE,
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template


def _text(name: str) -> str:
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")


def _day(index: int, studies: Mapping[str, Study], *, mirrored: Mapping[str, Study]) -> Day:
    related = studies["NCT09900005"]["protocolSection"]
    another = (
        related["identificationModule"]["briefTitle"],
        related["identificationModule"]["nctId"],
        related["statusModule"]["overallStatus"],
        "/".join(related["designModule"]["phases"]),
    )
    pages = {
        "/meddatax" + MEDDATAX_PAGE: meddatax_page(mirrored[MIRRORED], another),
        "/trialx" + TRIALX_PAGE: trialx_page(mirrored[LISTED], "28 August 2025"),
    }
    return Day(TIMESTAMPS[index], {nct: msgspec.json.encode(study) for nct, study in studies.items()}, pages)

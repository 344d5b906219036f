"""A small world to check configurations in: two registries' worth of numbers, one page site, a few change kinds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tracker.config import Settings, check, load
from tracker.errors import ConfigError
from tracker.model.source import SourceInfo
from tracker.model.watch import Page
from tracker.sources import read_search

SOURCES = {
    "ctgov": SourceInfo(
        key="ctgov",
        title="ClinicalTrials.gov",
        kind="registry",
        base_url="https://clinicaltrials.gov/api/v2",
        hosts=("clinicaltrials.gov",),
        pace=0.8,
        anchors=(),
        search_hosts=("clinicaltrials.gov", "www.clinicaltrials.gov"),
        search_parameters=frozenset({"cond", "term", "intr", "aggFilters", "country"}),
        query_fields=frozenset({"condition", "intervention", "country", "sponsor", "status"}),
    ),
    "meddatax": SourceInfo(
        key="meddatax",
        title="MedDataX",
        kind="page",
        base_url="https://meddatax.com",
        hosts=("meddatax.com",),
        pace=0.2,
        anchors=(),
        home="ctgov",
    ),
}

KINDS = {
    "recruitment_status_changed": frozenset({"started", "closed", "completed"}),
    "results_posted": frozenset[str](),
    "primary_outcomes_changed": frozenset({"added", "removed"}),
}


def page_of(url: str, base_urls: Mapping[str, str]) -> Page | None:
    """Recognises the pages of the one page site, wherever its base address says that it is."""
    base = urlsplit(base_urls["meddatax"])
    parts = urlsplit(url)
    folder, _, number = parts.path.rpartition("/")
    if parts.netloc != base.netloc or folder != "/clinical-trials":
        return None
    return Page(source="meddatax", trial=f"meddatax:{number}", url=url)


def loaded(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a configuration with this text."""
    path = folder / "config.toml"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    return load(path, sources=SOURCES, kinds=KINDS, environ=environ or {}, page_of=page_of, read_search=read_search)


def checked(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a text that passes `tracker check`."""
    path = folder / "config.toml"
    return check(text, path, sources=SOURCES, kinds=KINDS, environ=environ or {}, page_of=page_of, read_search=read_search)


def mistakes(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """What is told of a wrong configuration, a sentence each."""
    with pytest.raises(ConfigError) as caught:
        checked(folder, text, environ)
    return caught.value.mistakes


def mistake(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> str:
    """The one mistake of a configuration."""
    (only,) = mistakes(folder, text, environ)
    return only

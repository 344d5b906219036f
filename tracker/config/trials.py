"""Trial numbers as people write them, in the configuration and in a ``trials_file``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker.model import ids
from tracker.model.source import SourceInfo

_PREFIX = re.compile(r"([a-z]+):(?!//)(.+)", re.IGNORECASE | re.DOTALL)


def trial_number(text: str) -> ids.Recognised | str:
    """The registry's number this is, or a sentence saying why it is none. A trial's key (``ctgov:NCT…``) is understood too."""
    number = ids.tidied(text)
    if re.match(r"https?://", number, re.IGNORECASE):
        nct = ids.NCT.search(number)
        hint = f' or, to follow the registry\'s record, "{nct[0]}" here' if nct else ""
        return f"This is an address, not a number. Write addresses of trial pages under pages{hint}."
    prefix = _PREFIX.match(number)
    recognised = ids.recognise(prefix[2] if prefix else number)
    if recognised is None:
        hint = "An NCT number is NCT and eight digits." if number[:3].upper() == "NCT" else "Write one such as NCT07177911."
        return f"This is not a trial number of a registry known here. {hint}"
    if prefix and prefix[1].lower() == ids.AGGREGATOR:
        return ids.Recognised(ids.AGGREGATOR, recognised.number)
    if prefix and prefix[1].lower() != recognised.source:
        return f'{recognised.number} is not a number of "{prefix[1]}". Write the number alone.'
    return recognised


def study_number(text: str, sources: Mapping[str, SourceInfo]) -> str | None:
    """The number in the address of a study at its own registry (``clinicaltrials.gov/study/nct07177911``); None for others."""
    address = re.match(r"(?:https?://)?([a-z0-9.-]+\.[a-z]+)(?::\d+)?/(.*)", ids.tidied(text), re.IGNORECASE | re.DOTALL)
    if not address:
        return None
    host = address[1].lower()
    for info in sources.values():
        known = (*info.hosts, *info.search_hosts)
        if info.kind == "registry" and any(host == its or host.endswith(f".{its}") for its in known):
            for part in re.split(r"[/?#&=;,]", address[2]):
                found = ids.recognise(part)
                if found and found.source == info.key:
                    return found.number
    return None


def followed_trial(text: str, sources: Mapping[str, SourceInfo]) -> ids.Recognised | str:
    """As `trial_number`, of a registry that can be asked; the trials of others come from imported exports of an aggregator.

    A key (``chictr:ChiCTR…``) names the registry's own record, saved and imported as a file.
    """
    found = trial_number(text)
    if isinstance(found, str):
        return found
    info = sources.get(found.source)
    if info and (not info.from_files or text.strip().lower().startswith(f"{found.source}:")):
        return found
    if ids.AGGREGATOR in sources:
        return ids.Recognised(ids.AGGREGATOR, found.number)
    registry = next(registry.title for registry in ids.REGISTRIES if registry.source == found.source)
    readable = ", ".join(sorted(info.title for info in sources.values() if info.kind == "registry"))
    return f"{found.number} is a number of {registry}, which this version does not follow. It follows {readable}."

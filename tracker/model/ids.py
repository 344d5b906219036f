"""Trial keys (``ctgov:NCT07177911``) and the number patterns of the registries."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple


class Registry(NamedTuple):
    """A registry's number: the source that reads it, its name, its pattern and how to write it canonically."""

    source: str
    title: str
    pattern: re.Pattern[str]


def _registry(source: str, title: str, pattern: str) -> Registry:
    return Registry(source, title, re.compile(rf"(?:{pattern})\Z", re.IGNORECASE | re.ASCII))


# Order matters: an EU CT number begins like a EudraCT number, so the more exact pattern stands first.
REGISTRIES: tuple[Registry, ...] = (
    _registry("ctgov", "ClinicalTrials.gov", r"NCT\d{8}"),
    _registry("ctis", "EU CTIS", r"(?:CTIS)?20\d{2}-5\d{5}-\d{2}(?:-\d{2})?"),
    _registry("euctr", "EU Clinical Trials Register", r"(?:EUCTR)?(?:19|20)\d{2}-\d{6}-\d{2}(?:-(?:[A-Z]{2}|3rd))?"),
    _registry("isrctn", "ISRCTN", r"ISRCTN\d{8}"),
    _registry("drks", "DRKS", r"DRKS\d{8}"),
    _registry("anzctr", "ANZCTR", r"ACTRN\d{14}"),
    _registry("chictr", "ChiCTR", r"ChiCTR(?:-[A-Z]{2,5}-)?\d{8,10}"),
    _registry("itmctr", "ITMCTR", r"ITMCTR\d{10}"),
    _registry("ctri", "CTRI", r"CTRI/\d{4}/\d{2,3}/\d{6}"),
    _registry("jrct", "jRCT", r"(?:JPRN-)?jRCT[a-z]?\d{9,10}"),
    _registry("umin", "UMIN-CTR", r"(?:JPRN-)?UMIN\d{9}"),
    _registry("japic", "JapicCTI", r"(?:JPRN-)?JapicCTI-?\d{6}"),
    _registry("jma", "JMACCT", r"(?:JPRN-)?JMA-IIA\d{5}"),
    _registry("irct", "IRCT", r"IRCT\d{8,14}N\d{1,3}"),
    _registry("cris", "CRIS", r"KCT\d{7}"),
    _registry("pactr", "PACTR", r"PACTR\d{15}"),
    _registry("tctr", "TCTR", r"TCTR\d{11}"),
    _registry("slctr", "SLCTR", r"SLCTR/\d{4}/\d{3}"),
    _registry("rebec", "ReBec", r"RBR-[0-9a-z]{6,8}"),
    _registry("rpcec", "RPCEC", r"RPCEC\d{8}"),
    _registry("lbctr", "LBCTR", r"LBCTR\d{10}"),
    _registry("repec", "REPEC", r"PER-\d{3}-\d{2}"),
    # One trial may have a number of each: the register that took over those of the first gave them numbers of its own.
    _registry("ntr", "Dutch Trial Register", r"NTR\d{3,5}|NL\d{3,5}"),
    _registry("omon", "OMON (Netherlands)", r"NL-OMON\d+"),
)

NCT_REGISTRY = REGISTRIES[0].source
"""The registry whose numbers a record holds as `nct_number`."""

AGGREGATOR = "ictrp"
"""The source that collects the records of other registries, under their numbers."""

_HYPHENS = re.compile(r"[\u2010-\u2015\u2212\u00ad]")


class Recognised(NamedTuple):
    """A number of a known registry: ``source`` names it, ``number`` is the canonical spelling."""

    source: str
    number: str

    @property
    def key(self) -> str:
        """The trial's key, source:number."""
        return f"{self.source}:{self.number}"


def tidied(text: str) -> str:
    """The text without what word processors and web pages hide in it: invisible characters, wide letters, other hyphens."""
    if text.isascii():
        return text.strip()
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    return _HYPHENS.sub("-", visible).strip()


def recognise(text: str) -> Recognised | None:
    """Whose number is this? Blanks and case are forgiven (``nct 07177911``); None if no registry has such numbers."""
    number = re.sub(r"\s+", "", tidied(text))
    for registry in REGISTRIES:
        if registry.pattern.match(number):
            return Recognised(registry.source, _canonical(registry.source, number))
    return None


_OF_AGGREGATORS = re.compile(r"(?:JPRN-|CTIS(?=\d))", re.IGNORECASE)
"""What WHO ICTRP writes before the numbers of registries that do not write it themselves."""


def _canonical(source: str, number: str) -> str:
    number = _OF_AGGREGATORS.sub("", number, count=1)
    if source == "ctis":  # the resubmission round is not part of a trial's key
        return "-".join(number.split("-")[:3])
    if source == "chictr":
        return "ChiCTR" + number[6:].upper()
    if source == "jrct":
        return "jRCT" + number[4:].lower()
    if source == "japic":
        return "JapicCTI-" + number[-6:]
    if source == "rebec":
        return "RBR-" + number[4:].lower()
    return number.upper()


_TITLES = {registry.source: registry.title for registry in REGISTRIES}


def registry_title(source: str) -> str:
    """What people call the registry of a source; a source that is none by its own name."""
    return _TITLES.get(source, source)


def split_key(key: str) -> Recognised:
    """Source and number of a trial key such as ``meddatax:NCT07177911``."""
    source, _, number = key.partition(":")
    return Recognised(source, number)


NCT = re.compile(r"\bNCT[0-9]{8}\b")
"""An NCT number inside a text."""

"""A day of the registry: what it holds at one data timestamp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import msgspec

from tests.lab.history import RecordPast

Content = bytes | Mapping[str, Any]
"""A study as JSON, encoded (served as it is) or not."""


@dataclass(frozen=True)
class Day:
    """What the registry and the sites that copy it serve on one day.

    ``data_timestamp`` is the registry's own (2026-02-10T09:00:05), ``studies`` map NCT number to study and may be a lazy
    mapping, ``pages`` map the path of a page (/meddatax/clinical-trials/NCT07177911) to its HTML. ``histories`` map NCT number
    to the versions of a record.
    """

    data_timestamp: str
    studies: Mapping[str, Content]
    pages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    histories: Mapping[str, RecordPast] = field(default_factory=lambda: MappingProxyType({}))

    def body(self, nct: str) -> bytes:
        """A study's JSON as served. Raises KeyError for a number that is not there."""
        content = self.studies[nct]
        return content if isinstance(content, bytes) else msgspec.json.encode(content)

    def study(self, nct: str) -> Mapping[str, Any]:
        """A study, decoded. Raises KeyError for a number that is not there."""
        content = self.studies[nct]
        return _study.decode(content) if isinstance(content, bytes) else content

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Obsolete number -> the study that it was merged into."""
        found: dict[str, str] = {}
        for nct, content in self.studies.items():
            if not isinstance(content, bytes) or b'"nctIdAliases"' in content:
                identification = self.study(nct).get("protocolSection", {}).get("identificationModule", {})
                found.update(dict.fromkeys(identification.get("nctIdAliases", ()), nct))
        return found


_study = msgspec.json.Decoder(dict[str, Any])

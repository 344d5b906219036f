"""Personal data out: what is sent, exported or shown passes through here first (contact persons stay in the store)."""

from __future__ import annotations

import msgspec

from tracker.model.personal import PERSONAL_FIELDS, PERSONAL_KINDS, PERSONAL_WORD, public_event
from tracker.model.record import TrialRecord

__all__ = ["PERSONAL_FIELDS", "PERSONAL_KINDS", "public_event", "public_record"]


def public_record(record: TrialRecord) -> TrialRecord:
    """The record without contact persons and officials, also those at its sites."""
    sites = record.sites
    if sites is not None:
        sites = tuple(msgspec.structs.replace(site, contacts=None) for site in sites)
    rest = {path: value for path, value in record.rest.items() if not PERSONAL_WORD.search(path)}
    return msgspec.structs.replace(record, central_contacts=None, officials=None, sites=sites, rest=rest)

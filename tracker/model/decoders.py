"""Decoders that are made when they are first needed, by one thread at a time.

msgspec looks into the types of a struct at its first use. A second thread that meets a struct half looked into ends the whole
process. Decoders that a module makes as it is imported need none of this.
"""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

import msgspec

_T = TypeVar("_T")

_one_at_a_time = Lock()


def json_decoder(kind: type[_T]) -> msgspec.json.Decoder[_T]:
    """A decoder of this type, with all that the type consists of looked into."""
    with _one_at_a_time:
        return msgspec.json.Decoder(kind)

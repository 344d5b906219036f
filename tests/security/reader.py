"""Reads every payload in a process whose CPU time and memory are capped by the system.

``python -m tests.security.reader studies`` (or pages) writes one line of JSON for each: its name, and the error it was
refused with or an empty text. A payload that takes the square of its length ends the process long before itself.
"""

from __future__ import annotations

import json
import resource
import sys

import msgspec

from tests.builders import detected
from tests.security.payloads import NCT, PAYLOADS
from tests.world import study
from tracker import sources
from tracker.errors import AnswerError
from tracker.model.source import Document, Parsed
from tracker.render import kinds
from tracker.render.machine import event_json

CPU_SECONDS = 120
MEMORY = 3 * 1024**3


def refused(document: Document, before: Parsed) -> str:
    """Why the document is refused, or an empty text once it was read, told of and encoded."""
    source = sources.load()[document.source]
    source.sniff(document.body)
    try:
        source.digest(document)
        parsed = source.parse(document)
    except AnswerError as error:
        return str(error)
    msgspec.json.encode(parsed)
    if document.source == "ctgov":
        found = detected(before.record, parsed.record)
        kinds.story_headline(found.events)
        msgspec.json.encode([event_json(event) for event in found.events])
    return ""


def main() -> None:
    """Read those of one sort."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name, build in PAYLOADS[sys.argv[1]].items():
        document = build()
        plain = msgspec.structs.replace(document, body=json.dumps(study(NCT)).encode())
        before = sources.load()["ctgov"].parse(msgspec.structs.replace(plain, source="ctgov", trial=f"ctgov:{NCT}"))
        sys.stdout.write(json.dumps([name, refused(document, before)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

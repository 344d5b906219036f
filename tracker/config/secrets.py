"""Which secrets stand in config.toml as they are, rather than as ``${NAME}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_PASSWORD = re.compile(r"://[^/@:]*:[^/@]+@")
"""A user with a password in an address."""

_MAIL = re.compile(r"mailtos?:", re.IGNORECASE)


def plain_secrets(document: Mapping[str, object]) -> tuple[str, ...]:
    """What of it is secret, in words for a sentence: never the secret itself."""
    return tuple(dict.fromkeys(_found(document)))


def _found(document: Mapping[str, object]) -> Iterator[str]:
    if _plain(_value(document, "mail", "password")):
        yield "the password of [mail]"
    for key in ("token", "secret"):
        if _plain(_value(document, "web", key)):
            yield f"the {key} of [web]"
    for table in ("store", "operator"):
        for key in ("url", "ping"):
            text = _value(document, table, key)
            if _plain(text) and (key == "ping" or _PASSWORD.search(text)):
                yield f"the secret address of [{table}] {key}"
    channels = document.get("channel")
    for channel in channels if isinstance(channels, list) else []:
        text = _value({"channel": channel}, "channel", "url")
        # Chat services and hooks carry their key in the address; a reader's mail address is none.
        if _plain(text) and (not _MAIL.match(text) or _PASSWORD.search(text)):
            yield "the secret address of a [[channel]]"


def _plain(text: str) -> bool:
    return bool(text) and "${" not in text


def _value(document: Mapping[str, object], table: str, key: str) -> str:
    content = document.get(table)
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, str) else ""

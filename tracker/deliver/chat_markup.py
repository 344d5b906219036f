"""Texts for chat services that take Markdown for formatting where apprise hands it on as it is.

Slack, Telegram, ntfy and Matrix get it escaped, or as plain text, by apprise itself.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(https?://\S+)")
_DISCORD = re.compile(r"([\\*_~`|<\[\]]|^\s*#)", re.MULTILINE)
_CARD = re.compile(r"([\\*_`\[\]])")


def escaped(service: str, subject: str, text: str) -> tuple[str, str]:
    """Subject and text as they are to be handed to a service, by apprise's name of it, so that they are shown as they are."""
    if service == "Discord":
        return _discord(subject), _discord(text)
    if service == "Power Automate / Workflows (for MSTeams)":
        return _CARD.sub(r"\\\1", subject), text
    return subject, text


def _discord(text: str) -> str:
    """Without formatting, and without mentions: a registry's text must not call everybody. Addresses stay as they are."""
    parts = _ADDRESS.split(text)
    parts[::2] = [_DISCORD.sub(_behind_a_backslash, part).replace("@", "@\u200b") for part in parts[::2]]
    return "".join(parts)


def _behind_a_backslash(found: re.Match[str]) -> str:
    return f"{found[1][:-1]}\\{found[1][-1]}"

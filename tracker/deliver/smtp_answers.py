"""What a mail server's refusal means: an address that does not exist, an e-mail too large, or a rule that people mend.

Only an address that does not exist gives a message up at once. Everything else a server says with a 5 (blocklists, relay
rules, quotas, filters, senders it does not know) is as a rule mended within days, and the message waits for that.
"""

from __future__ import annotations

import re

_STATUS = re.compile(rb"\A\s*(?:[245]\d\d[ -])?#?([245])\.(\d{1,3})\.(\d{1,3})\b")
_STATUS_WITHIN = re.compile(rb"[(\[#]\s*#?(5)\.(\d{1,3})\.(\d{1,3})\b")

_NO_SUCH_ADDRESS = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10"})
"""RFC 3463 and 7505: no such mailbox, no such host, not an address, moved, and a domain that takes no mail at all."""

_UNKNOWN_WORDS = re.compile(
    rb"no such (?:user|mailbox|recipient|address|person|account)|(?:user|recipient|mailbox|address|account)\s+(?:is\s+)?"
    rb"(?:unknown|not found|does not exist|doesn't exist|invalid)|unknown\s+(?:user|recipient|mailbox|address|local)|"
    rb"(?:invalid|nonexistent|non-existent)\s+(?:user|recipient|mailbox|address)|does not exist|no mailbox here|"
    rb"unrouteable address",
    re.IGNORECASE,
)
_RULE_WORDS = re.compile(
    rb"relay|polic|spam|block|blacklist|reputation|denied|reject(?:ed)? (?:by|due)|quota|over ?limit|rate|auth|sender|spf|dkim|"
    rb"dmarc|disabled|suspended|listed",
    re.IGNORECASE,
)


def no_such_address(code: int, words: bytes) -> bool:
    """Whether a recipient's address does not exist, by the enhanced status code or, without one, by the server's words."""
    if code < 500:
        return False
    status = _STATUS.match(words) or _STATUS_WITHIN.search(words)
    if status:
        return status[1] == b"5" and f"{int(status[2])}.{int(status[3])}" in _NO_SUCH_ADDRESS
    return code in (550, 551, 553) and bool(_UNKNOWN_WORDS.search(words)) and not _RULE_WORDS.search(words)


def too_large(code: int, words: bytes) -> bool:
    """Whether the e-mail is larger than the server takes; a full mailbox answers with the same code."""
    status = _STATUS.match(words)
    if status:
        return f"{int(status[2])}.{int(status[3])}" in ("3.4", "2.3")
    return code == 552 and not re.search(rb"quota|full|mailbox|storage", words, re.IGNORECASE)

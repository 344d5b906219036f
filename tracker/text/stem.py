"""The stem of a word: what is left when inflection, derivation and British or American spelling are taken away."""

from __future__ import annotations

import re
from functools import lru_cache

_SHORTEST = 4  # shorter words are short forms or have no ending worth taking away
_LONGEST = 60  # longer ones are no words

_SPELLINGS = tuple(
    (re.compile(british), american)
    for british, american in (
        (r"aem", "em"),
        (r"rhoea", "rhea"),
        (r"\boe(?=[a-z])", "e"),
        (r"paed(?=i)", "ped"),
        (r"(?<=[cnh])ae(?=[cs])|(?<=[cf])ae(?=c)", "e"),
        (r"foet", "fet"),
        (r"coel", "cel"),
        (r"(?<=[bdilmnv])our(?=s?\b|ed\b|ing\b|al|able)", "or"),
        (r"(?<=[a-z]{3})is(?=ation|ed\b|ing\b|e[srd]?\b)", "iz"),
        (r"lys(?=ed\b|ing\b|e[rd]?\b)", "lyz"),
        (r"(?<=[a-z][bt])re(?=s?\b)", "er"),
        (r"\bcentr(?=ed\b)", "center"),
        (r"(?<=[aeiou])ll(?=ed\b|ing\b)", "l"),
        (r"programme\b", "program"),
        (r"(?<=[a-z]{2})(?P<root>[yo])ses\b", r"\g<root>sis"),
        (r"colour", "color"),
        (r"grey\b", "gray"),
        (r"ageing\b", "aging"),
    )
)
_IRREGULAR = {
    "bled": "bleed",
    "bore": "birth",
    "born": "birth",
    "broke": "break",
    "broken": "break",
    "children": "child",
    "dead": "death",
    "died": "death",
    "dies": "death",
    "dying": "death",
    "fell": "fall",
    "fallen": "fall",
    "feet": "foot",
    "felt": "feel",
    "given": "give",
    "gave": "give",
    "grew": "grow",
    "grown": "grow",
    "kept": "keep",
    "left": "leave",
    "lost": "loss",
    "loses": "loss",
    "losing": "loss",
    "men": "man",
    "occurrence": "occur",
    "occurrences": "occur",
    "recurrence": "recur",
    "recurrences": "recur",
    "recurrent": "recur",
    "rose": "rise",
    "slept": "sleep",
    "survivor": "survival",
    "survivors": "survival",
    "taken": "take",
    "teeth": "tooth",
    "took": "take",
    "treatment": "treat",
    "treatments": "treat",
    "undergone": "undergo",
    "underwent": "undergo",
    "withdrawal": "withdraw",
    "withdrawn": "withdraw",
    "withdrew": "withdraw",
    "women": "woman",
}
"""Forms that no rule derives."""


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of a word in lower case: "experiences" and "experienced", "tumour" and "tumors" are one word."""
    word = _IRREGULAR.get(word, word)
    if not _SHORTEST <= len(word) <= _LONGEST or not word.isascii() or not word.isalpha():
        return word
    for pattern, spelling in _SPELLINGS:
        word = pattern.sub(spelling, word)
    # A stemmer keeps its state while it works, so each call has its own: results are kept, so few words come here.
    import snowballstemmer  # here, because it loads the rules of some thirty languages

    found: str = snowballstemmer.stemmer("english").stemWord(word)
    if found.endswith(("anc", "enc")):  # "experienced" loses its "ed" only; "experience" loses "ence"
        found = snowballstemmer.stemmer("english").stemWord(found + "e")
    return found

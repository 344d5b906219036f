"""Is it another trial? A mistyped number points at one of another sponsor and another condition; only both together count.

Registries write the names of one sponsor, and of one condition, in different words: a single telling word in common is enough
to let a link stand, and where a side says nothing telling there is nothing to doubt by.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracker.model.links import Doubt, Identity
from tracker.text.normalize import fold
from tracker.text.stem import stem
from tracker.text.tokens import STOP_WORDS, tokens

_SPONSOR_WORDS = frozenset(
    tokens(
        "ab ag and as asl aps bv center centre centro clinic clinical co company corp corporation de del der des development "
        "di drug e ev du et for foundation fondazione fundacion gesellschaft gmbh group health healthcare hopital hospital "
        "hospitals hospices inc institut institute instituto international istituto kg kgaa klinik klinikum la limited llc "
        "ltd medical medicine medizin medizinische national nv of oncology oy pharma pharmaceutical pharmaceuticals plc "
        "research sa sarl sas school science sciences society spa srl sro study the therapeutics trust ui und universita "
        "universitaetsklinikum universitaet universitat universitair universitatsklinikum universidad universite "
        "universiteit university uniwersytet therapy van von y zu zum zur"
    )
)
"""Words of sponsors' names that many have: kinds of companies and houses, and the small words of some languages."""

_CONDITION_WORDS = frozenset(
    stem(word)
    for word in tokens(
        "active acute adult advanced adults and associated cancer carcinoma cell children chronic clinical condition "
        "diagnosed disease diseases disorder disorders early failure healthy infection injury late line local locally "
        "malignancy malignant metastatic mild moderate neoplasm neoplasms newly patient patients pediatric primary "
        "progressive recurrent refractory relapsed secondary severe solid stage subjects symptomatic syndrome therapy "
        "treatment trial tumor tumors tumour tumours type untreated volunteers with without"
    )
)
"""Words that do not say which condition it is."""

_SHORT = 2


def doubt(mine: Identity, theirs: Identity) -> Doubt | None:
    """Why two records that are said to be of one trial may not be; None where sponsor or condition agree or say nothing."""
    if not (mine.lead_sponsor and theirs.lead_sponsor and mine.conditions and theirs.conditions):
        return None
    ours, others = mine.lead_sponsor.name, theirs.lead_sponsor.name
    if _agree(_sponsor_words([ours]), _sponsor_words([others])) or _short_for(ours, others) or _short_for(others, ours):
        return None
    if _agree(_condition_words(mine.conditions), _condition_words(theirs.conditions)):
        return None
    if any(_short_for(one, other) or _short_for(other, one) for one in mine.conditions for other in theirs.conditions):
        return None
    return Doubt(reason="other_trial", sponsors=(ours, others), conditions=(mine.conditions, theirs.conditions))


def _agree(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    return not mine or not theirs or not mine.isdisjoint(theirs)


def _sponsor_words(names: Iterable[str]) -> frozenset[str]:
    return frozenset(word for word in _words(names) if word not in _SPONSOR_WORDS)


def _condition_words(names: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in _words(names)) - _CONDITION_WORDS


def _words(texts: Iterable[str]) -> Iterable[str]:
    """Words that tell something: no stop words, no single letters, no numbers alone."""
    for text in texts:
        for word in map(fold, tokens(text)):
            if len(word) >= _SHORT and not word.isdigit() and word not in STOP_WORDS:
                yield word


def _short_for(short: str, name: str) -> bool:
    """Whether a name is one short form that is made of the first letters of the other ("MSD", "COPD")."""
    letters = "".join(tokens(short))
    initials = "".join(word[0] for word in tokens(name) if word not in STOP_WORDS)
    return 3 <= len(letters) <= 8 and len(tokens(short)) == 1 and letters in initials

"""Does a text name a disease that others do not? Words that say which disease it is, without stage, patients and design.

No list holds all diseases; the endings of their names and a few common words hold most. Missing one costs loudness, not
the news itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker.text.limits import beginning
from tracker.text.normalize import squeeze_whitespace
from tracker.text.tokens import singular, spelled_out, tokens

_ENDING = re.compile(
    r".{2,}(?:omas?|itis|itides|[ae]mias?|osis|oses|pathy|pathies|trophy|trophies|algias?|plegias?|phrenia|penias?|sclerosis"
    r"|orrhea|orrhoea|rrhage|iasis|ectasis|ectasia|plasias?|thalassemia|fibrosis|uria|ectomy syndrome|philia|phobia|insomnia)\Z"
)
_WORDS = frozenset(
    [
        "abscess",
        "acne",
        "allergy",
        "als",
        "alzheimer",
        "anorexia",
        "apnea",
        "arrest",
        "arrhythmia",
        "asthma",
        "attack",
        "autism",
        "cancer",
        "cirrhosis",
        "colitis",
        "copd",
        "covid",
        "deficiency",
        "delirium",
        "depression",
        "diabetes",
        "disease",
        "disorder",
        "dystonia",
        "eczema",
        "edema",
        "embolism",
        "emphysema",
        "endometriosis",
        "epilepsy",
        "fever",
        "fracture",
        "glaucoma",
        "gout",
        "hemorrhage",
        "hepatitis",
        "hernia",
        "hiv",
        "hypertension",
        "hypotension",
        "infarction",
        "infection",
        "influenza",
        "injury",
        "insufficiency",
        "ischemia",
        "leukemia",
        "lupus",
        "lymphoma",
        "malaria",
        "malignancy",
        "measles",
        "melanoma",
        "migraine",
        "neoplasm",
        "obesity",
        "pain",
        "palsy",
        "parkinson",
        "pneumonia",
        "preeclampsia",
        "psoriasis",
        "sarcoidosis",
        "schizophrenia",
        "sepsis",
        "shock",
        "stenosis",
        "stroke",
        "syndrome",
        "tinnitus",
        "trauma",
        "tuberculosis",
        "tumor",
        "tumour",
        "ulcer",
        "vertigo",
        "vitiligo",
        "wound",
    ]
)
_LONGEST = 60  # no name of a disease is one word of more letters
_NOT_DISEASES = frozenset(
    {"diagnosis", "diagnoses", "prognosis", "prognoses", "dosis", "overdoses", "purposes", "apoptosis", "hypnosis", "osmosis"}
    | {"academia", "aroma", "diploma", "hemostasis", "homeostasis"}
)
_MALIGNANT = frozenset({"cancer", "carcinoma", "malignancy", "neoplasm", "tumor", "tumour", "neoplasia"})
_QUALIFIERS = frozenset(
    singular(word)
    for word in tokens(
        "active acute adult advanced and associated bacterial cell childhood chronic clinical confirmed disease "
        "diseases disorder early elderly first high inoperable late line locally low metastatic mild moderate newly "
        "diagnosed nos non not or other pediatric paediatric persistent positive negative previously primary "
        "progressive recurrent refractory relapsed relapse related resistant secondary severe solid stage stages status "
        "symptomatic syndrome treated treatment type unresectable unspecified untreated grade malignant 0 1 2 3 4 i ii "
        "iii iv iiia iiib iiic"
    )
)
_SPELLINGS = ((re.compile("ae(?=mi|st|di|[mt]o)"), "e"), (re.compile("oe(?=s|d|t)"), "e"), (re.compile("our\\Z"), "or"))
_ADJECTIVE = re.compile("(?:ical|ics?|al|ous|es|ia|ary|ar|y|is|us|um|a|e|s)\\Z")


def new_diseases(texts: Iterable[str], known: Iterable[str], *, terms: bool = False) -> tuple[str, ...]:
    """The words of diseases in ``texts`` that none of the ``known`` texts has; with ``terms`` each text is the name of one.

    A text is given as it is if it is a term, else as the word for the disease.
    """
    before = " \n ".join(map(beginning, known))
    had = _roots(_named(before, ""))
    found: list[str] = []
    for text in map(beginning, texts):
        fresh = {word for word in _named(text, before) if word not in _QUALIFIERS and not _roots((word,)) <= had}
        if terms:
            found += [squeeze_whitespace(text)] if fresh else []
        else:
            found += [word for word in tokens(text) if singular(word) in fresh and names_disease(word)]
    return tuple(dict.fromkeys(found))


def _named(text: str, other: str) -> frozenset[str]:
    """The words of a text in the singular, short forms written out as the ``other`` text does."""
    return frozenset(singular(word) for word in spelled_out(text, other))


def names_disease(word: str) -> bool:
    """Whether a word, in small letters, is one for a disease."""
    if len(word) > _LONGEST:
        return False
    return word not in _NOT_DISEASES and (word in _WORDS or singular(word) in _WORDS or bool(_ENDING.match(word)))


def _roots(words: Iterable[str]) -> frozenset[str]:
    """Words without their endings, so that "colonic" is of the colon; all words for malignancy are one."""
    return frozenset("cancer" if word in _MALIGNANT else _root(word) for word in words)


def _root(word: str) -> str:
    for pattern, plain in _SPELLINGS:
        word = pattern.sub(plain, word)
    shorter = _ADJECTIVE.sub("", word)
    return shorter if len(shorter) >= 4 else word

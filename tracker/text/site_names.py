"""Names of sites: which say nothing, and which words of a name tell one institution from another.

"The Royal Marsden NHS Foundation Trust" and "Royal Free Hospital" share four fifths of their letters and are two hospitals;
"Royal Marsden Hospital" is the first under another name. What tells them apart are the words that no other institution has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

from tracker.text.normalize import fold, squeeze_whitespace
from tracker.text.tokens import singular, spelled_out, tokens

_ANONYMOUS = re.compile(
    r"""
    (?: \w{0,40} investigat(?:ional|ive|ion|or)s?(?:study|research|clinical|trial)?(?:sites?|cent(?:er|re)s?)  # after a sponsor
      | local(?:institution|site|cent(?:er|re))
      | (?:clinical|medical)?(?:research|study|trial|clinical|trials)?sites?
      | facility
    )
    (?:number|facility|ref|no|nr|id)? [a-z]{0,3} \d* [a-z]?
    """,
    re.VERBOSE,
)

# Compared folded. Words of what an institution is, not of which one it is; articles and legal forms of other languages.
_WEIGHTLESS = frozenset(
    singular(word)
    for word in tokens(
        """
    university universities universitaire universitaires universitario universitaria universitari universita
    universite universidad universidade universitat universitats universitets universitatsklinikum universitatsklinik
    universitatsmedizin universitatsspital universitatsmedisin universitetssjukhuset universitetshospital universiteit
    universitair universitaetsklinikum universitaetsmedizin universitaetsspital universitaetsklinik
    universitetssykehus uniwersytet uniwersytecki uniwersyteckie univerzita univerzitni universitesi uni univ
    uniklinik uniklinikum hochschule clinic clinical clinica clinicas clinico clinicos clinici clinique cliniques
    kliniken klinik klinikum klinika kliniki klinikus kliniek kliniczny kliniczne szpital krankenhaus hospital
    hospitals hospitales hospitalier hospitaliers hospitaliere hospitalario hospitalaria hospitalar hospitais hopital
    hopitaux hopitals hosp ospedale ospedali ospedaliera ospedaliero ospedaliere azienda sykehus sjukhus sjukhuset
    ziekenhuis sairaala nemocnice fakultni hastanesi hastane korhaz spital spitalul polyclinic poliambulanza
    policlinico poliklinik poliklinika infirmary center centers centre centres centro centros centrum centra zentrum
    centrul centrale merkezi institute institutes institut instituto institutos istituto istituti instytut institution
    institutions instituti nhs nhsft foundation foundations trust trusts fondazione fundacion fundacio fundacao
    fondation stiftung hscni irccs medical medicale medicales medicina medicine medicines medico medica medicos
    medicum medizin medizinische medizinisches medicin medyczny medyczne med health healthcare salud saude sante
    salute care research investigacion investigaciones pesquisa ricerca ricovero recherche forschung study studies
    trial trials school college faculty facultad faculdade facolta fakultesi tip department dept division unit service
    services system systems network group associates association practice praxis gemeinschaftspraxis campus site
    location office building branch headquarters affiliated inc llc llp lp pllc pc ltd limited corp corporation
    company co gmbh mbh kg ag sa sas sarl srl spa sro zoo sp ev bv nv chu chru chr ch aou ao asst mvz sc cv saint st
    ste sankt san santa sao de del della delle dei degli di da do dos das la le les lo los las el al der die den des
    du y e et und fur fuer am an im in zu zum zur van voor het te i w na ve for of the and at with
    """
    )
)
_SAME_WORD = 0.8
_LEAST_BEGINNING = 5
_SAME_GENERAL_NAME = 0.6
_LONGEST_COMPARED = 300  # no name is longer, and letters are compared in more than the square of their number


def path_name(parts: Iterable[str | None]) -> str:
    """A site's name in the path of a change: facility, city, state, postcode and country as far as given."""
    return ", ".join([squeeze_whitespace(part) for part in parts if part])


@lru_cache(maxsize=16384)
def is_anonymous(name: str | None) -> bool:
    """Whether a site's name says nothing of which institution it is: "Research Site", "Local Institution - 0062", none."""
    return not name or _ANONYMOUS.fullmatch(fold(name)) is not None


@lru_cache(maxsize=16384)
def has_telling_words(name: str, place: str = "") -> bool:
    """Whether a name says more than what kind of institution it is and the ``place`` where it lies."""
    return not is_anonymous(name) and bool(_telling(name, "", place))


def same_institution(one: str, other: str, place: str, *, same_postcode: bool | None) -> bool:
    """Whether two names in one city mean one institution. ``same_postcode`` is None where not both sides give one.

    Words of kind and place carry no weight. Names whose telling words are the same are one name, whatever the postcode. A
    name that only says more needs a postcode that does not contradict; two names with words of their own need the same
    postcode, and more in common than apart.
    """
    mine, theirs = _telling(one, other, place), _telling(other, one, place)
    shared, only_mine, only_theirs = _compared(mine, theirs)
    if shared and not only_mine and not only_theirs:
        return True
    if same_postcode is False:
        return False
    if only_mine and only_theirs:
        more_in_common = shared > max(only_mine, only_theirs) or (shared > 1 and _letters_alike(one, other, _SAME_WORD))
        return bool(same_postcode) and more_in_common
    return bool(shared or same_postcode) or _letters_alike(one, other, _SAME_GENERAL_NAME)


def _telling(name: str, other: str, place: str) -> frozenset[str]:
    """The folded words that tell an institution from others; short forms that the other name spells out are written out."""
    somewhere = {fold(word) for word in tokens(place)}
    words = {singular(fold(word)) for word in spelled_out(name, other)}
    return frozenset(word for word in words if len(word) > 1 and word not in _WEIGHTLESS and word not in somewhere)


def _compared(mine: frozenset[str], theirs: frozenset[str]) -> tuple[int, int, int]:
    """How many words both have, how many only the one and how many only the other."""
    left, right = mine - theirs, sorted(theirs - mine)
    shared = len(mine & theirs)
    unmatched = 0
    for word in sorted(left):
        found = next((each for each in right if _one_word(word, each)), None)
        if found is None:
            unmatched += 1
        else:
            right.remove(found)
            shared += 1
    return shared, unmatched, len(right)


@lru_cache(maxsize=65536)
def _one_word(one: str, other: str) -> bool:
    """One word in two spellings or languages: "centre" and "center", "cancerologia" and "cancer". Numbers are themselves."""
    if one[0] != other[0] or any(char.isdigit() for char in one + other):
        return False
    if min(len(one), len(other)) >= _LEAST_BEGINNING and (one.startswith(other) or other.startswith(one)):
        return True
    return _alike(one, other, _SAME_WORD)


def _letters_alike(one: str, other: str, least: float) -> bool:
    """Names without telling words on one side, or with letters lost on their way, are compared by their letters."""
    first, second = sorted((one.casefold(), other.casefold()))
    return _alike(first, second, least)


def _alike(one: str, other: str, least: float) -> bool:
    if max(len(one), len(other)) > _LONGEST_COMPARED:
        return one == other
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least and matcher.ratio() >= least

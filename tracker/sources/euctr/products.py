"""The products of a trial: investigational ones with what they are made of, and placebos."""

from __future__ import annotations

import re
from itertools import zip_longest

from tracker.extract.read_log import ReadLog
from tracker.model.record import Intervention
from tracker.sources.euctr.parts import PartReader
from tracker.text.clean import clean

_KIND = "d3_11_"
_CODE = re.compile(r"d3_11_[\d_]+")
_KINDS = (
    ("COMBINATION_PRODUCT", "d3_11_3_4_", "d3_11_4_"),
    ("GENETIC", "d3_11_3_2_"),
    ("BIOLOGICAL", "d3_11_2_", "d3_11_3_1_", "d3_11_3_3_", "d3_11_6_", "d3_11_7_", "d3_11_8_", "d3_11_9_"),
)
"""A product's type by the first of its kinds that says more than that it is a medicine."""
_NAMES = ("d3_1_product_name", "d2_1_1_1_trade_name", "d3_8_inn_proposed_inn", "d3_9_3_other_descriptive_name")
_CODES = ("d3_2_product_code", "d3_9_2_current_sponsor_code")
_HEADINGS = ("d2_status_of_the_imp", "d3_description_of_the_imp", "d3_8_to_", "d3_10_strength", "d3_11_the_imp_contains_an")
_STRENGTHS = ("d3_10_2_concentration_type", "d3_10_3_concentration_number", "d3_10_1_concentration_unit")
_FURTHER = ("d2_", "d3_3_", "d3_4_1_", "d3_5_", "d3_6_", "d3_9_1_", "d3_9_4_", "d3_11_13_1_")
_DESCRIBED = ("d1_2_and_d_1_3_imp_role", "d3_4_pharmaceutical_form", "d3_7_routes_of_administration_for_this_imp")


def products(reader: PartReader, log: ReadLog) -> tuple[Intervention, ...]:
    """The products and placebos of a part; what the record does not model is kept under ``products``."""
    made = [_product(one, log) for one in reader.children("imp")]
    for one in reader.children("placebo"):
        used = one.flag("d8_1_is_a_placebo_used_in_this_trial")
        said = [
            _said(one, key)
            for key in ("d8_3_pharmaceutical_form_of_the_placebo", "d8_4_route_of_administration_of_the_placebo")
        ]
        one.texts("d8_2_placebo_for_which_imps")
        one.close("placebo")
        if used is not False:
            made.append(Intervention(name="Placebo", type="DRUG", description=", ".join(filter(None, said)) or None))
    return tuple(made)


def _product(one: PartReader, log: ReadLog) -> Intervention:
    names = [clean(text) for key in (*_NAMES, *_CODES) for text in one.texts(key)]
    names = list(dict.fromkeys(filter(None, names))) or ["not named"]
    described = [_said(one, key) for key in _DESCRIBED]
    strengths = zip_longest(*(one.texts(key) for key in _STRENGTHS), fillvalue="")
    described += [" ".join(part for part in parts if part not in ("", "equal")) for parts in strengths]
    for heading in _HEADINGS:
        for key in one.beginning(heading):
            one.texts(key)
    further = {key: ", ".join(one.texts(key)) for prefix in _FURTHER for key in one.beginning(prefix)}
    told = {key: value for key, value in further.items() if value not in ("", "No")}
    kinds = [key for key in one.beginning(_KIND) if one.texts(key) not in ((), ("No",))]
    if kinds:
        told["kinds"] = "; ".join(_CODE.sub("", kind).replace("_", " ") for kind in kinds)
    if told:
        log.keep("products", told, names[0])
    one.close(names[0])
    return Intervention(
        type=next((kind for kind, *signs in _KINDS if any(key.startswith(tuple(signs)) for key in kinds)), "DRUG"),
        name=names[0],
        other_names=tuple(names[1:]) or None,
        description=", ".join(filter(None, described)) or None,
    )


def _said(one: PartReader, key: str) -> str | None:
    return ", ".join(text.replace("\n", ", ") for text in one.texts(key)) or None

"""Which trials a configuration may name although their registries are not asked."""

from __future__ import annotations

import pytest

from tracker import sources
from tracker.config.trials import followed_trial

INFOS = {key: source.info for key, source in sources.load().items()}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("NCT07177911", "ctgov:NCT07177911"),
        ("ictrp:NCT07177911", "ictrp:NCT07177911"),
        ("ChiCTR2000034346", "ictrp:ChiCTR2000034346"),
        ("chictr:ChiCTR2000034346", "chictr:ChiCTR2000034346"),
        ("JPRN-UMIN000013698", "ictrp:UMIN000013698"),
        ("CTRI/2020/05/025069", "ictrp:CTRI/2020/05/025069"),
        ("IRCT20100228003449N28", "ictrp:IRCT20100228003449N28"),
    ],
)
def test_a_number_is_followed_at_its_registry_and_else_through_exports(text: str, key: str) -> None:
    found = followed_trial(text, INFOS)
    assert not isinstance(found, str)
    assert found.key == key


def test_what_is_no_number_is_not_followed_by_any_way() -> None:
    assert isinstance(followed_trial("ictrp:hello", INFOS), str)

"""``[[page]]``: sites of trial pages that the configuration describes; a wrong map names key, reason and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.loading import checked, mistake
from tracker.config import page_sites
from tracker.errors import ConfigError

GREENFIELD = '[[page]]\nkey = "greenfield"\naddress = "https://greenfield.example/trials/{number}/*"\n'
ORCHARD = '[[page]]\nkey = "orchard"\ntitle = "Orchard"\naddress = "https://orchard.example/study.php?id={id}"\n'


def test_two_sites_are_sources_of_their_own_and_their_pages_are_followed(tmp_path: Path) -> None:
    watch = (
        '[[watch]]\nname = "tea"\npages = ["https://greenfield.example/trials/nct00000101/mint/?utm=1", '
        '"https://orchard.example/study.php?id=77&lang=en"]\n'
    )
    settings = checked(tmp_path, f"{GREENFIELD}{ORCHARD}[sources.orchard]\npace = 0.1\n{watch}")
    assert [page.trial for page in settings.watches[0].pages] == ["greenfield:NCT00000101", "orchard:77"]
    assert [site.title for site in settings.page_sites] == ["greenfield.example", "Orchard"]
    assert settings.sources["orchard"].pace == 0.1
    assert settings.sources["greenfield"].base_url == "https://greenfield.example"


@pytest.mark.parametrize(
    "url",
    [
        "https://greenfield.example/trials/NCT0000010/mint",
        "https://greenfield.example/trials/ISRCTN00000101/mint",
        "https://greenfield.example/other/NCT00000101/mint",
        "https://greenfield.example.evil.example/trials/NCT00000101/mint",
        "https://greenfield.example@127.0.0.1/trials/NCT00000101/mint",
        "https://greenfield.example/trials/NCT00000101/mint/more",
        "https://orchard.example/study.php?id=../../etc",
        "https://orchard.example/study.php",
    ],
)
def test_an_address_that_is_none_of_the_sites_is_refused(tmp_path: Path, url: str) -> None:
    assert "No source of this version reads this page" in mistake(
        tmp_path, f'{GREENFIELD}{ORCHARD}[[watch]]\nname = "tea"\npages = ["{url}"]\n'
    )


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (GREENFIELD.replace("greenfield", "meddatax", 1), '[[page]] "meddatax" key (line 2)', "Choose another one"),
        (GREENFIELD.replace("greenfield", "isrctn", 1), '"isrctn" key', "the key of ISRCTN"),
        (GREENFIELD.replace('"greenfield"', '"Green Field"'), "key (line 2)", "small letters"),
        (GREENFIELD + GREENFIELD, '"greenfield" key (line 5)', "Another [[page]]"),
        ('[[page]]\nkey = "a1"\n', '"a1" address (line 1)', "{number}"),
        (GREENFIELD.replace("{number}", "NCT00000101"), "address (line 3)", "names no trial"),
        (GREENFIELD.replace("*", "{id}"), "address (line 3)", "more than once"),
        (GREENFIELD.replace("{number}", "{nct}"), "address (line 3)", "{nct} is not known"),
        (GREENFIELD.replace("https://", "ftp://"), "address (line 3)", "https://"),
        (GREENFIELD.replace("https://", "https://me:secret@"), "address (line 3)", "no user"),
        (GREENFIELD.replace("greenfield.example", "meddatax.com"), "address (line 3)", "read by MedDataX itself"),
        (GREENFIELD.replace("greenfield.example", "clinicaltrials.gov"), "address (line 3)", "followed by their numbers"),
        (GREENFIELD + 'hosts = ["https://www.greenfield.example"]\n', "hosts[0] (line 4)", "Give the name alone"),
        (GREENFIELD + 'home = "isrtcn"\n', "home (line 4)", "isrctn"),
        (ORCHARD + 'home = "isrctn"\n', "home (line 5)", "Use {number}"),
        (GREENFIELD + 'dates = "american"\n', "dates (line 4)", "month first"),
        (GREENFIELD + '[page.fields]\nstatus = "State"\n', "status (line 5)", "There is no key"),
        (GREENFIELD + '[page.fields]\nrecruitment_statsu = "State"\n', "(line 5)", 'Did you mean "recruitment_status"?'),
        (GREENFIELD + '[page.fields]\nrecruitment_status = "css: .a >"\n', "recruitment_status (line 5)", "no CSS selector"),
        (GREENFIELD + '[page.fields]\nrecruitment_status = "::"\n', "recruitment_status (line 5)", "Copy it from the page"),
        (GREENFIELD + "[page.fields]\nphases = 3\n", "phases (line 5)", "must be a text"),
        (GREENFIELD + '[page.statuses]\n"Open" = "RECRUITNG"\n', "Open (line 5)", 'Did you mean "RECRUITING"?'),
        (GREENFIELD.replace("[[page]]", "[page]"), "[page] (line 1)", "[[page]]"),
    ],
)
def test_a_wrong_map_names_key_reason_and_remedy(tmp_path: Path, text: str, place: str, said: str) -> None:
    told = mistake(tmp_path, text)
    assert place in told
    assert said in told


def test_the_sites_are_known_though_other_tables_are_wrong_and_their_own_mistakes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"{GREENFIELD}[mail]\nhost = 3\n")
    assert [site.key for site in page_sites(path, {}, {})] == ["greenfield"]
    path.write_text("this is not toml")
    assert page_sites(path, {}, {}) == ()
    path.write_text(GREENFIELD.replace("{number}", "x"))
    with pytest.raises(ConfigError, match="names no trial"):
        page_sites(path, {}, {})


def test_another_map_makes_other_digests_and_the_same_map_the_same(tmp_path: Path) -> None:
    (plain,) = checked(tmp_path, GREENFIELD).page_sites
    (again,) = checked(tmp_path, GREENFIELD + 'title = "Greenfield"\n').page_sites
    (mapped,) = checked(tmp_path, GREENFIELD + '[page.fields]\nphases = "Stage"\n').page_sites
    assert plain.info.digest_version == again.info.digest_version != mapped.info.digest_version

"""``trials_file``: a table of trials as spreadsheets save it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.loading import loaded, mistakes
from tracker.config.settings import remarks

WATCH = '[[watch]]\nname = "lupus"\ntrials_file = "lists/lupus.csv"\n'


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    return tmp_path / "lists" / "lupus.csv"


@pytest.mark.parametrize(
    "content",
    [
        "id,label,group,note\nNCT07177911,CC312 in SLE,a,\nNCT06801119,,b,asked\n",
        "\ufeffid;label\r\nNCT07177911;CC312 in SLE\r\n\r\n;\r\nnct 06801119;\r\n",
        "Label\tID\nCC312 in SLE\tNCT07177911\n\tNCT06801119\n",
        'NCT Number,Study Title,label\nNCT07177911,"A, B",CC312 in SLE\nNCT06801119\n',
        "NCT07177911,CC312 in SLE\nNCT06801119\n",
        "sep=;\r\nid;label\r\nNCT07177911;CC312 in SLE\r\nNCT06801119;\r\n",
        "nct_id,label\nNCT07177911,CC312 in SLE\nNCT06801119,\n",
        "NCTId|label\nNCT07177911|CC312 in SLE\nNCT06801119|\n".replace("|", "\t"),
        '"NCT ID","Label"\n"NCT07177911","CC312 in SLE"\n"nct06801119\u200b",""\n',
        "id,nct_id,label\n501,NCT07177911,CC312 in SLE\n502,NCT06801119,\n",
    ],
    ids=[
        "plain",
        "semicolons and a byte order mark",
        "tabs",
        "the registry's download",
        "without a header",
        "a line for spreadsheets",
        "as AACT calls it",
        "as the API calls it",
        "with blanks, and invisible characters in the cells",
        "rows with numbers of their own",
    ],
)
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, csv: Path, content: str) -> None:
    csv.write_bytes(content.encode())
    (watch,) = loaded(tmp_path, WATCH).watches
    assert watch.trials == ("ctgov:NCT07177911", "ctgov:NCT06801119")
    assert watch.labels == {"ctgov:NCT07177911": "CC312 in SLE"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "id\nNCT07177911\nNCT1\n\nACTRN12612345678901\n,x\n",
            ["line 3", "NCT and eight", "line 5", "not follow", "line 6", "empty"],
        ),
        ("id\nNCT07177911\nNCT07177911\n", ["lupus.csv line 3", "twice, first at lupus.csv line 2"]),
        ("ids,label\nNCT07177911,x\n", ["line 1", 'Did you mean "id"?']),
        ("foo\nNCT07177911\n", ["line 1 names no column id", "Name the first column id"]),
        ("", ["lupus.csv is empty"]),
        ("id,label\n", ["no trial"]),
        ('id\n"NCT07177911\n', ["NCT07177911"]),
    ],
)
def test_mistakes_name_file_and_line(tmp_path: Path, csv: Path, content: str, expected: list[str]) -> None:
    csv.write_text(content)
    if content.endswith('"NCT07177911\n'):  # a quote left open runs to the end, which is still one clear number
        assert loaded(tmp_path, WATCH).watches[0].trials == ("ctgov:NCT07177911",)
        return
    told = "\n".join(mistakes(tmp_path, WATCH))
    for words in expected:
        assert words in told


def test_a_file_of_something_else_does_not_fill_screens(tmp_path: Path, csv: Path) -> None:
    csv.write_text("id\n" + "x\n" * 500)
    told = mistakes(tmp_path, WATCH)
    assert len(told) == 11
    assert "490 more lines" in told[-1]


def test_a_file_in_another_encoding_is_a_mistake(tmp_path: Path, csv: Path) -> None:
    csv.write_bytes("id,label\nNCT07177911,Zürich\n".encode("cp1252"))
    (told,) = mistakes(tmp_path, WATCH)
    assert "lupus.csv is not UTF-8" in told


def test_a_trial_of_the_list_and_the_file_is_listed_twice(tmp_path: Path, csv: Path) -> None:
    csv.write_text("id\nNCT07177911\n")
    (told,) = mistakes(tmp_path, f'{WATCH}trials = ["NCT07177911"]')
    assert "lupus.csv line 2: NCT07177911 is listed twice, first at trials[0]" in told


def test_own_columns_are_kept_and_group_and_note_are_read(tmp_path: Path, csv: Path) -> None:
    csv.write_text('id,label,Group,note,Priority\nNCT07177911,CC312,ACME,"competitor of X, see memo 4",1\nNCT06801119,,,,\n')
    (watch,) = loaded(tmp_path, WATCH).watches
    assert watch.groups == {"ctgov:NCT07177911": "ACME"}
    assert watch.notes == {"ctgov:NCT07177911": "competitor of X, see memo 4"}
    assert watch.columns == ("Group", "note", "Priority")
    assert watch.own == {"ctgov:NCT07177911": {"Group": "ACME", "note": "competitor of X, see memo 4", "Priority": "1"}}


def test_a_cell_may_hold_line_breaks_and_later_rows_keep_their_lines(tmp_path: Path, csv: Path) -> None:
    csv.write_text('id,note\nNCT07177911,"two\nlines, as NCT00000102 has"\nNCT1,\n')
    (told,) = mistakes(tmp_path, WATCH)
    assert 'lupus.csv line 4, column id, "NCT1"' in told


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,note\nNCT07177911,competitor of X, see memo 4\n", 'line 2, column 3, "see memo 4": the header does not name it'),
        ("id,,note\nNCT07177911,x,y\n", 'line 2, column 2, "x"'),
        ("id,note,Note\nNCT07177911,x,y\n", 'line 1 names the column "note" 2 times'),
        (
            'id,note,group\nNCT07177911,"asked,\nNCT06801119,no,b\n',
            "line 2, column note: its quotes are still open at NCT06801119",
        ),
        ("group,NCT Number\nA,NCT123\n", 'line 2, column NCT Number, "NCT123"'),
    ],
    ids=["a comma without quotes", "a cell under no name", "a name twice", "an open quote", "a number that is none"],
)
def test_a_broken_table_of_ones_own_names_line_and_column(tmp_path: Path, csv: Path, content: str, expected: str) -> None:
    csv.write_text(content)
    assert expected in "\n".join(mistakes(tmp_path, WATCH))


def test_grouping_by_a_column_that_is_not_there_names_those_that_are(tmp_path: Path, csv: Path) -> None:
    csv.write_text("id,company\nNCT07177911,ACME\n")
    settings = loaded(tmp_path, f'{WATCH}[digest]\ngroup = "group"\n')
    [told] = [remark for remark in remarks(settings) if "[digest]" in remark]
    assert "its own columns are company" in told

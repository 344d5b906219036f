"""Pages to lines: what ends a line, what is dropped, which bytes mean which letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract.blocks import html_lines, read_lines, text_lines
from tracker.extract.decoding import decode


def lines(html: str) -> list[str]:
    return [line.text for line in html_lines(html)]


@pytest.mark.parametrize(
    "html",
    [
        "<div>Phase</div><div>PHASE1</div>",
        "<p>Phase<br>PHASE1",
        "<table><tr><th>Phase<td>PHASE1</table>",
        "<dl><dt>Phase<dd>PHASE1</dl>",
        "<h4>Phase</h4>PHASE1",
        "<ul><li>Phase<li>PHASE1</ul>",
        "<x-label>Phase</x-label><x-value>PHASE1</x-value>",
        "<a><div>Phase</div>PHASE1</a>",
        "<p>\n  Phase\t</p>\n\n<p>&nbsp;PHASE1 &#8203;</p><p> </p>",
    ],
)
def test_blocks_cells_and_breaks_end_a_line(html: str) -> None:
    assert lines(html) == ["Phase", "PHASE1"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>Recruitment</b> <i>Status</i>", "Recruitment Status"),
        ("Recruitment\n   Status", "Recruitment Status"),
        ("H<sub>2</sub>O and CC<b>312</b>", "H2O and CC312"),
        ("<span>Participants</span><span>Caregivers</span>", "Participants Caregivers"),
        ("NCT ID: <!-- -->NCT90000001", "NCT ID: NCT90000001"),
        ("a&nbsp;&lt;&nbsp;b", "a < b"),
    ],
)
def test_inline_elements_do_not_end_a_line(html: str, text: str) -> None:
    assert lines(f"<p>{html}</p>") == [text]


def test_what_no_reader_sees_is_dropped() -> None:
    html = (
        "<head><title>T</title><style>s</style></head><body><nav>menu</nav><script>1</script><noscript>n</noscript>"
        "<template>t</template><form><input value=v><select><option>o</select><textarea>a</textarea></form>"
        "<header><button>Title</button></header><svg><text>x</text></svg><footer>f</footer></body>"
    )
    assert lines(html) == ["Title"]


def test_line_ends_count_where_the_page_keeps_them() -> None:
    """In <pre>, under a white-space style, and in a text that is plainly a list."""
    assert lines("<pre>a\nb</pre>") == ["a", "b"]
    assert lines('<div class="whitespace-pre-line"><span>a\nb</span></div>') == ["a", "b"]
    assert lines('<p style="white-space: pre-wrap">a\n\nb</p>') == ["a", "b"]
    assert lines("<p>Inclusion:\n* one\n* two\nthree</p>") == ["Inclusion:", "* one", "* two", "three"]
    assert lines("<p>a text that\n was wrapped at 5\n - 6 mg</p>") == ["a text that was wrapped at 5 - 6 mg"]


def test_hints_go_with_the_line() -> None:
    first, second, third, fourth = html_lines("<h2>A<b>b</b> c</h2><ol><li>one<p>more</p><li>two</ol>")
    assert (first.level, first.seams) == (2, frozenset({1, 2}))
    assert [line.marked for line in (second, third, fourth)] == ["1. one", "more", "2. two"]
    assert text_lines("  * one ")[0].marked == "* one"
    assert text_lines("  * one ")[0].plain == "one"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>fièvre ≥</p>".encode(), "text/html"),
        ("<p>fièvre ≥</p>".encode(), "text/html; charset=no-such-set"),
        (b"\xef\xbb\xbf" + "<p>fièvre ≥</p>".encode(), "text/html; charset=iso-8859-1"),
        ("<p>fièvre ≥</p>".encode("utf-16"), "text/html"),
        ('<meta charset="gb18030"><p>fièvre ≥</p>'.encode("gb18030"), "text/html"),
        ("<p>fièvre ≥</p>".encode("gb18030"), 'text/html; charset="GB18030"'),
        ('<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><p>fièvre ≥</p>'.encode(), ""),
        ("fièvre ≥\r\n".encode(), "text/plain"),
    ],
)
def test_the_character_set_is_the_pages_own(body: bytes, content_type: str) -> None:
    assert [line.text for line in read_lines(body, content_type)] == ["fièvre ≥"]


def test_latin_1_means_windows_1252_and_misfits_are_replaced() -> None:
    assert decode(b"\x93a\x94", "text/html; charset=ISO-8859-1") == "“a”"
    assert decode(b"a\xffb") == "a�b"


@pytest.mark.parametrize(
    "hidden",
    [
        "<span hidden>COMPLETED</span>",
        "<span hidden='until-found'>COMPLETED</span>",
        '<span style="color: red; DISPLAY : none">COMPLETED</span>',
        '<p style="display:block;/* x */display:none;">COMPLETED</p>',
        '<p style="display:none!important;display:block">COMPLETED</p>',
        '<i aria-hidden="true">COMPLETED <b>x</b></i>',
        "<dialog>COMPLETED</dialog>",
        '<span class="sr-only" aria-hidden="true" style="display: none;">COMPLETED</span>',
    ],
)
def test_what_the_mark_up_hides_is_not_read(hidden: str) -> None:
    assert lines(f"<p>Status: {hidden}</p><p>{hidden}RECRUITING</p>") == ["Status:", "RECRUITING"]


@pytest.mark.parametrize(
    "shown",
    [
        '<span aria-hidden="false">OPEN</span>',
        '<span class="hidden-phone">OPEN</span>',
        '<span style="display:none;display:inline">OPEN</span>',
        '<span hidden style="display: inline">OPEN</span>',
        '<span style="--display:none">OPEN</span>',
        '<span data-hidden="x">OPEN</span>',
        "<details>OPEN</details>",
    ],
)
def test_what_is_shown_is_read(shown: str) -> None:
    assert lines(shown) == ["OPEN"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("1.5 x 10<sup>9</sup>/L", "1.5 x 10^9/L"),
        ("10<sup><b>9</b></sup>10 and 10<sub>2</sub>", "10^9 10 and 10_2"),
        ("30 kg/m<sup>2</sup>, H<sub>2</sub>O, <sup>18</sup>F", "30 kg/m^2, H2O, 18F"),
        ("CD4<sup>+</sup>, 4<sup>th</sup>", "CD4+, 4th"),
        ("18&#150;65, 5\x9610, \x85 2\x071", "18–65, 5–10, … 2 1"),
        ("18&shy;65 soft&shy;ware", "18-65 software"),
    ],
)
def test_a_page_says_what_a_registrys_text_says(html: str, text: str) -> None:
    """Raised text and Windows' signs, as `tracker.text.clean` reads them."""
    assert lines(f"<p>{html}</p>") == [text]


def test_a_saved_text_is_read_by_the_same_signs() -> None:
    assert [line.text for line in text_lines("5\x9610 mg \x85\n1\x072")] == ["5–10 mg …", "1 2"]


@given(st.binary(max_size=300), st.sampled_from(["text/html", "text/plain", "", "text/html; charset=utf-16"]))
def test_no_bytes_break_the_reader(body: bytes, content_type: str) -> None:
    for line in read_lines(body, content_type):
        assert line.text == " ".join(line.text.split()) != ""


def test_depth_cannot_exhaust_the_stack() -> None:
    assert lines("<div>" * 5_000 + "x") == ["x"]

"""Pages to lines: what ends a line, what is dropped, which bytes mean which letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract.blocks import decode, html_lines, read_lines, text_lines


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


@given(st.binary(max_size=300), st.sampled_from(["text/html", "text/plain", "", "text/html; charset=utf-16"]))
def test_no_bytes_break_the_reader(body: bytes, content_type: str) -> None:
    for line in read_lines(body, content_type):
        assert line.text == " ".join(line.text.split()) != ""


def test_depth_cannot_exhaust_the_stack() -> None:
    assert lines("<div>" * 5_000 + "x") == ["x"]

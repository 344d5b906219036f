"""Which letters a page's bytes stand for, as browsers find out: by the WHATWG's rules and tables."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

import webencodings

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_TYPE_CHARSET = re.compile(r"charset\s*=\s*(?:\"([^\"]*)|'([^']*)|([^\s;\"']+))", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']+)")
# A tag or a comment; names of attributes may stand in any order, with any quotes or none.
_PIECE = re.compile(rb"<!--.*?(?:-->|\Z)|<(/?[A-Za-z][^\s>/]*)((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)", re.DOTALL)
_ATTRIBUTE = re.compile(rb"([^\s\"'>/=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_RAW_TEXT = re.compile(rb"(script|style|textarea|title|noscript|xmp|iframe|noembed|noframes)\Z", re.IGNORECASE)
_LATEST_META = 1024 * 1024  # browsers go on looking to the end; no page's head is longer than this
_SAMPLE = 64 * 1024


def is_html(body: bytes, content_type: str) -> bool:
    """Whether the bytes are to be read as HTML: by the content type, and where none is given by a leading tag."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return True
    return not kind.startswith("text/") and opens_with_tag(body)


def opens_with_tag(body: bytes) -> bool:
    """Whether the first sign is a tag's, in UTF-8 or UTF-16."""
    start = body[:400]
    if bom := next((bom for bom, _ in _BOMS if start.startswith(bom)), None):
        start = start[len(bom) :].replace(b"\0", b"")
    return start.lstrip().startswith(b"<")


def decode(body: bytes, content_type: str = "") -> str:
    """The text of the bytes: by their BOM, else the content type's charset, else ``<meta>``'s.

    Where nothing is said, it is UTF-8, or for a page of other bytes Windows-1252. Bytes that do not fit become U+FFFD; an
    unknown charset name is passed over. HTML parsers read bytes as UTF-8 whatever the page says, so this comes first.
    """
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(charset, "replace")
    html = is_html(body, content_type)
    encoding = _named(_TYPE_CHARSET.search(content_type)) or (_of_page(body) if html else None)
    if encoding is not None:
        return _decoded(body, encoding)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(body, webencodings.lookup("windows-1252")) if html else body.decode("utf-8", "replace")


def looks_like(body: bytes) -> str:
    """The character set that the bytes look like, in words for a person: a guess by their shape."""
    sample = body[:_SAMPLE]
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return charset.upper()
    zeros = [sample[start::2].count(0) for start in (0, 1)]
    if max(zeros) > len(sample) // 8:
        return "UTF-16 without a byte order mark" if min(zeros) <= max(zeros) // 8 else "UTF-32 or no text at all"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, len(body) <= _SAMPLE)
    except UnicodeDecodeError:
        return "Windows-1252, Latin-1 or another set of single bytes, not UTF-8"
    return "UTF-8"


def _named(match: re.Match[str] | None) -> webencodings.Encoding | None:
    return _known(next(filter(None, match.groups()), "")) if match else None


def _known(label: str) -> webencodings.Encoding | None:
    """The encoding of that label; None for an unknown one and for those that browsers refuse to decode."""
    encoding = webencodings.lookup(label)
    return None if encoding is None or encoding.name == "replacement" else encoding


def _of_page(body: bytes) -> webencodings.Encoding | None:
    """What a page says of its own encoding, in its XML declaration or in the first ``<meta>`` that names a known one.

    Browsers look through the first 1,024 bytes at once, and for a later ``<meta>`` read the page again. Not in comments
    and scripts. A page that says UTF-16 in single bytes is UTF-8.
    """
    declared = _XML_DECLARATION.match(body)
    labels = [declared[1]] if declared else []
    for label in (*labels, *_metas(body[:_LATEST_META])):
        if encoding := _known(label.decode("ascii", "replace")):
            return webencodings.lookup("utf-8") if encoding.name.startswith("utf-16") else encoding
    return None


def _metas(body: bytes) -> Iterator[bytes]:
    position = 0
    while match := _PIECE.search(body, position):
        position = match.end()
        name = (match[1] or b"").lower()
        if _RAW_TEXT.match(name):
            end = re.compile(rb"</" + name, re.IGNORECASE).search(body, position)
            position = end.start() if end else len(body)
        elif name == b"meta":
            given = {each[1].lower(): each[2] or each[3] or each[4] or b"" for each in _ATTRIBUTE.finditer(match[2])}
            if b"charset" in given:
                yield given[b"charset"]
            elif given.get(b"http-equiv", b"").strip().lower() == b"content-type":
                content = _TYPE_CHARSET.search(given.get(b"content", b"").decode("ascii", "replace"))
                yield next(filter(None, content.groups()), "").encode() if content else b""


def _decoded(body: bytes, encoding: webencodings.Encoding | None) -> str:
    """The text in an encoding, by the decoder that the WHATWG prescribes where Python's of that name reads less."""
    name = encoding.name if encoding else "utf-8"
    if name == "gbk":
        return body.decode("gb18030", _GBK_EURO)
    if name in _NARROW:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            return body.decode(_NARROW[name], "replace")
    if encoding is None or name == "utf-8":
        return body.decode("utf-8", "replace")
    errors = _CONTROLS if name.startswith("windows-") else "replace"
    text: str = encoding.codec_info.decode(body, errors)[0]
    return text


def _euro_in_gbk(error: UnicodeError) -> tuple[str, int]:
    """GBK's single byte 0x80 is the euro sign."""
    assert isinstance(error, UnicodeDecodeError)
    return ("€" if error.object[error.start] == 0x80 else "\ufffd", error.end)


def _control_of_byte(error: UnicodeError) -> tuple[str, int]:
    """Bytes 0x80 to 0x9F that a Windows set leaves free are the control characters of that number."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start]
    return (chr(byte) if 0x80 <= byte < 0xA0 else "\ufffd", error.start + 1)


_GBK_EURO = "tracker.gbk"
_CONTROLS = "tracker.windows"
_NARROW = {"euc-jp": "euc_jis_2004", "iso-2022-jp": "iso2022_jp_2004"}  # circled numbers and the like
codecs.register_error(_GBK_EURO, _euro_in_gbk)
codecs.register_error(_CONTROLS, _control_of_byte)

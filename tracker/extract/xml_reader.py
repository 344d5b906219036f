"""XML, read so that every value is accounted for (see `tracker.extract.read_log`). Paths are ``element.list[].@attribute``.

Namespaces are left off: an element or attribute goes by its local name. An element's own text is ``#text``. A document type
is refused unread, and with it all entities: a registry has no use for them, and an attacker has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol, Self

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from tracker.extract.read_log import DEEPEST, LARGEST, Reader, ReadLog, wrong_answer
from tracker.model.source import Document
from tracker.text.clean import clean, cleaned
from tracker.text.numbers import whole_number

_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?\Z")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}  # XML Schema's
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"
_OF_THE_SCHEMA = frozenset({f"{_SCHEMA}{name}" for name in ("nil", "schemaLocation", "noNamespaceSchemaLocation")})
"""Attributes that say something of the XML and nothing of the trial."""


class Element(Protocol):
    """As much of an ElementTree element as is read here."""

    tag: str
    attrib: dict[str, str]
    text: str | None
    tail: str | None

    def __len__(self) -> int:
        """How many elements stand in it."""
        ...

    def __iter__(self) -> Iterator[Element]:
        """The elements that stand in it."""
        ...


def read_root(document: Document) -> Element:
    """The document's outermost element. Raises AnswerError for what is not well-formed, too deep, or has a document type."""
    if not document.body.strip():
        raise wrong_answer(document, "the answer is empty")
    try:
        root = _parsed(document.body)
    except DefusedXmlException as error:
        raise wrong_answer(document, "the answer has a document type or entities, which no record has") from error
    except (ParseError, ValueError, LookupError) as error:
        raise wrong_answer(document, f"the answer of {len(document.body)} bytes is not readable XML ({error})") from error
    if _is_deep(root):
        raise wrong_answer(document, "the answer is nested too deeply")
    return root


def sniff_root(body: bytes) -> Element | None:
    """The outermost element in bytes of unknown origin; None when they are not XML that can be read."""
    if body.lstrip()[:1] != b"<":
        return None
    try:
        root = _parsed(body)
    except (ParseError, ValueError, LookupError):
        return None
    return None if _is_deep(root) else root


def name_of(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def plain(element: Element) -> Any:
    """The element as JSON: a text, or an object of attributes, own text and elements; repeated elements are a list.

    White space between elements, prefixes and the order of attributes do not show; `canonical_digest` can be taken of it.
    """
    parts = _parts(element)
    if not parts or parts.keys() == {"#text"}:
        return parts.get("#text", "")
    return {key: _plain_part(part) for key, part in parts.items()}


def reader_of(root: Element, log: ReadLog) -> XmlReader:
    """A reader of the outermost element; its own name is not part of the paths."""
    return XmlReader(_parts(root), "", log)


class XmlReader(Reader):
    """One element being read. An empty element is absent, and so is an empty attribute."""

    __slots__ = ()

    def verbatim(self, key: str) -> str | None:
        """The text of an element, of an attribute (``@name``) or of this element itself (``#text``); None when absent.

        Attributes of the element that is taken are accounted for as well: take it as a `child` to read them.
        """
        value = self._left.pop(key, None)
        if value is None or isinstance(value, str):
            return value or None
        if len(value) == 1 and not len(value[0]):
            return self._text_of(self._at(key), value[0], self._in_list)
        self._unreadable(key, value)
        return None

    def flag(self, key: str) -> bool | None:
        """True or false, as XML Schema writes them; None when absent."""
        value = self.verbatim(key)
        if value is None or value.strip() in _FLAGS:
            return None if value is None else _FLAGS[value.strip()]
        self._unreadable(key, value)
        return None

    def count(self, key: str) -> int | None:
        """A whole number from zero on, with or without marks between thousands; None when absent."""
        value = self.verbatim(key)
        number = None if value is None else whole_number(value)
        if value is not None and (number is None or number > LARGEST):
            self._unreadable(key, value)
            return None
        return number

    def degrees(self, key: str) -> float | None:
        """A coordinate; None when absent."""
        value = self.verbatim(key)
        if value is None or _DEGREES.match(value.strip()):
            return None if value is None else float(value)
        self._unreadable(key, value)
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """The cleaned texts of all elements of one name, without empty ones; empty when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return ()
        if isinstance(value, list) and not any(len(entry) for entry in value):
            self._check_length(key, value)
            path = f"{self._at(key)}[]"
            return tuple(clean(text) for entry in value if (text := self._text_of(path, entry, True)))
        self._unreadable(key, value)
        return ()

    def child(self, key: str) -> Self | None:
        """The element of that name, to be read and closed; None when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, list) and len(value) == 1:
            return type(self)(_parts(value[0]), self._at(key), self._log, self._in_list)
        self._unreadable(key, value)
        return None

    def children(self, key: str) -> list[Self]:
        """All elements of that name, each to be read and closed; empty when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return []
        if isinstance(value, list):
            self._check_length(key, value)
            path = f"{self._at(key)}[]"
            return [type(self)(_parts(entry), path, self._log, True) for entry in value]
        self._unreadable(key, value)
        return []

    def raw(self, key: str) -> Any:
        """A value of any shape as JSON, for those that are digested and not read."""
        value = self._left.pop(key, None)
        return None if value is None else self._plain(value)

    def peek(self, key: str) -> str | None:
        """A cleaned text that stays where it is, for one that is also kept as it is; None when absent, empty or no text."""
        value = self._left.get(key)
        if isinstance(value, list):
            value = value[0].text if len(value) == 1 and not len(value[0]) else None
        return cleaned(value)

    def close(self, *names: str | None) -> None:
        """See to what was not taken; a kept element or attribute that is empty says nothing."""
        for key in list(self._left):
            path = self._at(key)
            if path in self._log.kept and _is_empty(self._left[key]):
                del self._left[key]
                self._log.nulls.add(path)
        super().close(*names)

    def _text_of(self, path: str, element: Element, in_list: bool) -> str | None:
        reader = type(self)(_parts(element), path, self._log, in_list)
        text = reader.verbatim("#text")
        reader.close(text)
        return text

    def _plain(self, value: Any) -> Any:
        return _plain_part(value)


def _parsed(body: bytes) -> Element:
    root: Element = fromstring(body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    return root


def _is_deep(root: Element) -> bool:
    level = [root]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in outer]
        if not level:
            return False
    return True


def _parts(element: Element) -> dict[str, Any]:
    """What stands in an element: attributes as ``@name``, its own text as ``#text``, elements by name in lists."""
    parts: dict[str, Any] = {}
    for name, value in element.attrib.items():
        if name not in _OF_THE_SCHEMA:
            key = "@" + name.rpartition("}")[2]
            parts["@" + name if key in parts else key] = value
    texts = [element.text, *(inner.tail for inner in element)]
    own = "\n".join(text.strip() for text in texts if text and text.strip())
    if own:
        parts["#text"] = own
    for inner in element:
        parts.setdefault(name_of(inner), []).append(inner)
    return parts


def _is_empty(part: Any) -> bool:
    """Whether an attribute, or elements of one name, hold no text and no element."""
    elements = part if isinstance(part, list) else []
    return not part or (bool(elements) and not any(_parts(element) for element in elements))


def _plain_part(part: Any) -> Any:
    if not isinstance(part, list):
        return part
    return plain(part[0]) if len(part) == 1 else [plain(entry) for entry in part]

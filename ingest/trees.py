"""XML as files hold it: read within bounds, and looked at before it is read.

Nothing here follows an entity, opens an address, or goes deeper than any feed does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from playhead.errors import TranscriptError

DEEPEST = 64
OUTLINED = 4096

_LEAD = "\ufeff \t\r\n"
_CDATA = "<![CDATA["
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Not those that XML knows, by name or by number: https://www.w3.org/TR/xml/#sec-references
_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,8}|#x[0-9A-Fa-f]{1,8});)(?P<name>[A-Za-z][A-Za-z0-9]{1,31};)?"
)
_HALVES = re.compile("[\ud800-\udfff]")
_ROOT = re.compile(
    r"\ufeff?\s*+(?:(?:<\?[^>]*+>|<!--(?:[^-]|-(?!->))*+-->|<![A-Za-z][^>]*+>)\s*+)*+"
    r"<(?P<name>[A-Za-z_][^\s<>/]*+)(?P<rest>[^<>]*+)"
)
_PREFIXED = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]{0,40}+):[A-Za-z_]")
_DECLARED = re.compile(r"\bxmlns:([A-Za-z_][\w.-]{0,40}+)")

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "psc": "http://podlove.org/simple-chapters",
}
"""What a prefix means, also in feeds that forgot to declare it."""


def read_xml(text: str) -> Element:
    """The root element. What feeds are careless about is put right first, if need be, and only then.

    Prefixes that nobody declared mean what feeds mean by them; HTML's named entities are their characters; an ampersand
    alone is one; control characters are nothing. Raises TranscriptError with the line for XML that is malformed all the
    same, declares a document type, or is nested without end.
    """
    # Half characters cannot be encoded for the parser; what is said in them is lost already.
    bare = _HALVES.sub("\ufffd", text.lstrip(_LEAD))
    above = text.count("\n", 0, len(text) - len(bare))
    try:
        return _parsed(bare, above)
    except ParseError as error:
        mended = _mended(bare)
        if mended == bare:
            raise _malformed(error, above) from None
    try:
        return _parsed(mended, above)
    except ParseError as error:
        raise _malformed(error, above) from None


def line_of(element: Element) -> int | None:
    """The line on which an element of `read_xml` begins.

    >>> line_of(read_xml("\\n<a>\\n<b/></a>")[0])
    3
    """
    return element.line if isinstance(element, _Placed) else None


class _Placed(Element):
    """An element that knows its line."""

    __slots__ = ("line",)
    line: int | None


def _parsed(text: str, above: int) -> Element:
    builder = _Shallow()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.line = lambda: parser.parser.CurrentLineNumber + above
    try:
        parser.feed(text)
        root = parser.close()
    except DefusedXmlException:
        raise TranscriptError("this XML declares a document type, which can hide anything; take it out") from None
    if not isinstance(root, Element):
        raise TranscriptError("this is not XML: it has no root")
    return root


def _malformed(error: ParseError, above: int) -> TranscriptError:
    why, _, _ = str(error).partition(": line ")
    return TranscriptError(f"this is not XML: {why}", line=error.position[0] + above)


def _mended(text: str) -> str:
    """``text`` without what feeds are careless about. CDATA, where everything may stand, is left as it is."""
    first, *others = text.split(_CDATA)
    pieces = [_AMPERSAND.sub(_meant, first)]
    for other in others:
        inside, end, outside = other.partition("]]>")
        pieces.append(f"{inside}{end}{_AMPERSAND.sub(_meant, outside)}")
    return _declared(_CONTROLS.sub("", _CDATA.join(pieces)))


def _meant(ampersand: re.Match[str]) -> str:
    name = ampersand["name"]
    if name and name.casefold() not in ("amp;", "lt;", "gt;") and (character := html5.get(name)):
        return character
    return f"&amp;{name or ''}"


def _declared(text: str) -> str:
    """``text`` with a declaration in its root for every prefix that has none there."""
    root = _ROOT.match(text)
    if root is None:
        return text
    missing = sorted(set(_PREFIXED.findall(text)) - set(_DECLARED.findall(root["rest"])) - {"xml", "xmlns"})
    said = "".join(f' xmlns:{prefix}="{NAMESPACES.get(prefix, f"urn:undeclared:{prefix}")}"' for prefix in missing)
    return f"{text[: root.end('name')]}{said}{text[root.end('name') :]}"


class _Shallow(TreeBuilder):
    """Builds a tree, and refuses one that is deeper than anybody reads."""

    def __init__(self) -> None:
        super().__init__(element_factory=_Placed)
        self._depth = 0
        self.line: Callable[[], int] = int

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TranscriptError(f"this XML is nested more than {DEEPEST} deep")
        element = super().start(tag, attrs)
        if isinstance(element, _Placed):
            element.line = self.line()
        return element

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def root_tag(head: str) -> tuple[str, str]:
    """The name of the first element of what may be XML, prefix and all, and its attributes as written; else empty."""
    root = _ROOT.match(head[:OUTLINED])
    return (root["name"], root["rest"]) if root else ("", "")


def name_of(element: Element) -> tuple[str, str]:
    """The prefix that stands for an element's namespace in a feed, and its name; "" for RSS and Atom themselves.

    Both addresses of Podcasting 2.0 are one, and case, scheme and a slash at the end make no difference.
    """
    namespace, _, name = element.tag.rpartition("}")
    address = namespace.removeprefix("{")
    return _PREFIXES.get(_bare(address), address), name


def _bare(address: str) -> str:
    return re.sub(r"^https?:", "", address.casefold()).rstrip("/")


_PREFIXES = {_bare(address): prefix for prefix, address in NAMESPACES.items()} | {
    _bare("https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"): "podcast",
    _bare(NAMESPACES["atom"]): "",
    _bare("http://purl.org/rss/1.0/"): "",
}

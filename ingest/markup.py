"""HTML as it is published: the lines a reader sees, each piece with the element around it and its place in the file.

Read as browsers read it (https://html.spec.whatwg.org/multipage/parsing.html), as far as words need it: tags and
comments that are never closed, ends that are left out, elements nested without end. Every pattern is bounded or never
goes back, so time grows with the length alone. Menus, scripts and what stands beside the matter are no lines.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from playhead.errors import TranscriptError
from playhead.model import Span

MOST_TAGS = 400_000
"""Six for each of 100,000 cues is less; what has more is no transcript."""
DEEPEST = 256
"""What is nested deeper is read as if it stood there side by side, as browsers do from 512 on."""

OPENING = 4096
FEWEST_ENDS = 2
_NO_PIECE = ("<", "{", "[{", "WEBVTT", "---", ";", "#", "|")
_LINE_END = re.compile(r"<(?:br|/?p|/?div|/?li)(?:\s[^<>\n]{0,200})?/?>", re.IGNORECASE)
_TOKEN = re.compile(
    r"<(?:(?P<comment>!--)"
    r"|(?P<close>/?)(?P<tag>[A-Za-z][^\s/>]*+)(?P<written>(?:[^>\"'=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+|[\"'])*+)"
    r"|[!?/][^>]*+)(?:>|\Z|(?<=!--))"
)
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE = re.compile(r"([^\s\"'>/=][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]++)))?+")
_ENTITY = re.compile(r"&(?:#\d{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};?)")
_PRIVATE = re.compile("[\ue000-\ue00f]")
_SPACE = re.compile(r"\s+")
_FIRST_TAG = re.compile(
    r"[\ufeff\s]*+(?:(?:<!--(?:[^-]|-(?!->))*+-->|<\?[^>]*+>)\s*+)*+<(!doctype\s+html\b|[a-z][a-z0-9]*+)", re.IGNORECASE
)

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_RAW = frozenset("iframe noembed noframes noscript plaintext script style textarea title xmp".split())
BLOCKS = frozenset(
    (
        "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption "
        "figure footer form h1 h2 h3 h4 h5 h6 head header hgroup html legend li main menu nav ol p pre search section "
        "summary table tbody td tfoot th thead tr ul"
    ).split()
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_DOCUMENT = frozenset(("html", "head", "body", "title", "meta", "link"))
_INLINE = frozenset("a abbr b br cite em font hr i img mark q s small span strong sub sup time u wbr".split())
_BESIDE = frozenset("aside audio button canvas datalist dialog math nav object select svg template video".split())
_BESIDE_NAMED = re.compile(
    r"(?:breadcrumbs?|comments?(?:-?(?:area|list|section))?|cookie-?(?:banner|notice)|disqus_thread|respond|sidebar)",
    re.IGNORECASE,
)
_BANNERS = frozenset(("header", "footer"))
_FOREIGN = frozenset(("svg", "math"))
_LISTED = (frozenset(("dd", "dt")), frozenset(("dl",)))
_CELL = (frozenset(("td", "th")), frozenset(("table", "tr")))
_ROWS = (frozenset(("tbody", "tfoot", "thead")), frozenset(("table",)))
_ENDED_BY = {
    "li": (frozenset(("li",)), frozenset(("menu", "ol", "ul"))),
    "dt": _LISTED,
    "dd": _LISTED,
    "tr": (frozenset(("tr",)), frozenset(("table",))),
    "td": _CELL,
    "th": _CELL,
    "tbody": _ROWS,
    "tfoot": _ROWS,
    "thead": _ROWS,
    **dict.fromkeys(HEADINGS, (HEADINGS, BLOCKS - HEADINGS)),
}
"""What a start ends, and what it does not reach beyond."""
_PARAGRAPH = (frozenset(("p",)), frozenset(("caption", "table", "td", "th")))


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """An element that is open where words stand. ``timed`` is the nearest that has a time in its attributes."""

    tag: str
    written: str
    parent: Element | None
    at: int
    is_beside: bool = False
    is_marked: bool = False

    @property
    def attributes(self) -> Mapping[str, str]:
        """Its attributes, their names in lower case; the first of two of one name counts."""
        return _attributes(self.written)

    def around(self) -> Iterator[Element]:
        """The element and all that it stands in, from the inside out."""
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent

    def nearest(self, tags: frozenset[str]) -> Element | None:
        """The innermost of ``tags`` that it is or stands in."""
        return next((each for each in self.around() if each.tag in tags), None)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words with nothing marked up inside them, decoded; ``raw`` is where they stand."""

    words: str
    element: Element
    raw: Span


@dataclass(frozen=True, slots=True)
class Line:
    """What is read in one go: up to the end of a paragraph, a cell, a heading, or to a break of the line."""

    number: int
    pieces: tuple[Piece, ...]
    block: Element

    @property
    def words(self) -> str:
        """All its words."""
        return "".join(piece.words for piece in self.pieces).strip()

    @property
    def raw(self) -> Span:
        """Where it stands in the file."""
        return self.pieces[0].raw[0], self.pieces[-1].raw[1]


@dataclass(slots=True)
class Markup:
    """A file of HTML: its lines, and what its head states. ``is_document`` unless it is a piece to be put into one."""

    lines: list[Line] = field(default_factory=list)
    is_document: bool = False
    title: str | None = None
    language: str | None = None
    stated: dict[str, str] = field(default_factory=dict)
    scripts: list[tuple[int, str]] = field(default_factory=list)
    """Linked data (JSON-LD) as written, each with its line."""


def is_piece(head: str) -> bool:
    """Is this the inside of a page: words first, and lines that end by tags, more of them than by themselves?

    >>> is_piece("Ada: Who has it?<br>Grace: Not me.<br />"), is_piece("<br>Ada:<br>"), is_piece("One<br>word")
    (True, False, False)
    """
    opening = head[:OPENING].lstrip("\ufeff \t\r\n")
    ends = len(_LINE_END.findall(opening))
    lines = sum(1 for line in opening.split("\n") if line.strip())
    return ends >= FEWEST_ENDS and ends >= lines - 1 and not opening.startswith(_NO_PIECE) and "-->" not in opening


def is_html(head: str) -> bool:
    """Is the first thing in it a tag of HTML, or is it a piece of it?"""
    if is_piece(head):
        return True
    first = _FIRST_TAG.match(head)
    tag = first[1].casefold() if first else ""
    return tag.startswith("!doctype") or tag in BLOCKS | _DOCUMENT | _INLINE | _BESIDE | _RAW


def read_html(text: str) -> Markup:
    """The lines of ``text``. Raises TranscriptError for more tags than any transcript has."""
    reader = _Reader(text)
    reader.read()
    return reader.markup


@lru_cache(maxsize=256)
def _attributes(written: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(written):
        found.setdefault(name.casefold(), decoded("".join(values)))
    return found


def decoded(text: str) -> str:
    """``text`` with its entities decoded once, also those without a semicolon, as HTML has them; no private characters.

    >>> decoded("R&ampD &amp;lt; &#8217;&#xE000;")
    'R&D &lt; ’'
    """
    entities = _ENTITY.sub(lambda entity: html.unescape(entity.group()), text) if "&" in text else text
    return _PRIVATE.sub("", entities)


class _Reader:
    """Reads a file from its beginning to its end; what is open is on a stack."""

    def __init__(self, text: str) -> None:
        self.markup = Markup()
        self._text = text
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._stack = [Element("", "", None, 0)]
        self._opened: Counter[str] = Counter()
        self._pieces: list[Piece] = []

    def read(self) -> None:
        at = tags = 0
        while token := _TOKEN.search(self._text, at):
            self._say(at, token.start())
            at = token.end()
            tag = (token["tag"] or "").casefold()
            if token["comment"]:
                end = _COMMENT_END.search(self._text, token.start() + 2)
                at = end.end() if end else len(self._text)
            elif token["close"]:
                self._close(tag)
            elif tag:
                self._open(tag, token["written"], token.start())
                if tag in _RAW:
                    at = self._pass(tag, token["written"], at)
            elif token.group()[:9].casefold() == "<!doctype":
                self.markup.is_document = True
            tags += 1
            if tags > MOST_TAGS:
                why = f"there are more than {MOST_TAGS:,} tags in this HTML; save the transcript alone, or as WebVTT"
                raise TranscriptError(why, line=self._line(at))
        self._say(at, len(self._text))
        self._end_line()

    def _line(self, at: int) -> int:
        return bisect_left(self._ends, at) + 1

    def _say(self, start: int, end: int) -> None:
        inside = self._stack[-1]
        if start == end or inside.is_beside:
            return
        written = self._text[start:end]
        if self._opened["pre"]:
            for place, words in enumerate(written.split("\n")):
                if place:
                    self._end_line()
                self._add(words, start, inside)
                start += len(words) + 1
        else:
            self._add(written, start, inside)

    def _add(self, written: str, start: int, inside: Element) -> None:
        first = start + len(written) - len(written.lstrip())
        words = _SPACE.sub(" ", decoded(written))
        if words:
            self._pieces.append(Piece(words, inside, (first, max(first, start + len(written.rstrip())))))

    def _end_line(self) -> None:
        pieces, self._pieces = self._pieces, []
        while pieces and not pieces[0].words.strip():
            del pieces[0]
        while pieces and not pieces[-1].words.strip():
            pieces.pop()
        if pieces:
            block = pieces[0].element.nearest(BLOCKS) or self._stack[0]
            self.markup.lines.append(Line(self._line(pieces[0].raw[0]), tuple(pieces), block))

    def _open(self, tag: str, written: str, at: int) -> None:
        if tag in BLOCKS or tag in ("br", "hr"):
            self._end_line()
        if tag in _DOCUMENT:
            self._state(tag, written)
        if tag == "source":
            self._state("audio", written)
        if tag in _VOID or tag in _RAW or (tag in _FOREIGN and written.endswith("/")):
            return
        if tag == "audio":
            self._state(tag, written)
        if tag in BLOCKS:
            self._imply(*_PARAGRAPH)
        if tag in _ENDED_BY:
            self._imply(*_ENDED_BY[tag])
        if len(self._stack) > DEEPEST:
            self._pop()
        outer = self._stack[-1]
        is_marked = outer.is_marked or (tag not in ("article", "body", "html", "main") and _says_transcript(written))
        is_beside = outer.is_beside or tag in _BESIDE or _is_hidden(written)
        is_beside = is_beside or (not is_marked and (tag in _BANNERS or _is_beside(written)))
        self._stack.append(Element(tag, written, outer, at, is_beside, is_marked))
        self._opened[tag] += 1

    def _close(self, tag: str) -> None:
        if tag in BLOCKS:
            self._end_line()
        if not self._opened[tag]:
            return
        for place in range(len(self._stack) - 1, 0, -1):
            here = self._stack[place].tag
            if here == tag:
                self._pop(place)
                return
            if here in BLOCKS and tag not in BLOCKS:
                return

    def _imply(self, ended: frozenset[str], barriers: frozenset[str]) -> None:
        """End the innermost of ``ended``, unless one of ``barriers`` stands between."""
        if not any(self._opened[tag] for tag in ended):
            return
        for place in range(len(self._stack) - 1, 0, -1):
            here = self._stack[place].tag
            if here in ended:
                self._pop(place)
                return
            if here in barriers:
                return

    def _pop(self, place: int = -1) -> None:
        for element in self._stack[place:]:
            self._opened[element.tag] -= 1
        del self._stack[place:]

    def _pass(self, tag: str, written: str, at: int) -> int:
        """Pass over what is no markup: where the end of ``tag`` begins. A title and linked data are kept."""
        end = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(self._text, at) if tag != "plaintext" else None
        until = end.start() if end else len(self._text)
        inside = self._text[at:until]
        if tag == "title" and self.markup.title is None and not self._stack[-1].is_beside:
            self.markup.title = decoded(inside)
        elif tag == "script" and _attributes(written).get("type", "").strip().casefold() == "application/ld+json":
            self.markup.scripts.append((self._line(at), inside))
        return until

    def _state(self, tag: str, written: str) -> None:
        """What an element of the head states about the page."""
        self.markup.is_document = self.markup.is_document or tag != "audio"
        attributes = _attributes(written)
        if tag == "html":
            self.markup.language = self.markup.language or attributes.get("lang")
        elif tag == "audio" and "src" in attributes:
            self.markup.stated.setdefault("audio", attributes["src"])
        elif tag == "link" and "canonical" in attributes.get("rel", "").casefold().split():
            self.markup.stated.setdefault("canonical", attributes.get("href", ""))
        elif tag == "meta":
            name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
            self.markup.stated.setdefault(name.casefold(), attributes.get("content", ""))


def _says_transcript(written: str) -> bool:
    if "ranscript" not in written and "RANSCRIPT" not in written:
        return False
    attributes = _attributes(written)
    return "transcript" in f"{attributes.get('id', '')} {attributes.get('class', '')}".casefold()


def _is_beside(written: str) -> bool:
    """Does its id or class say that it holds what readers, and not speakers, have said, or where to click?"""
    if not _BESIDE_NAMED.search(written):
        return False
    attributes = _attributes(written)
    names = [attributes.get("id", ""), *attributes.get("class", "").split()]
    return any(map(_BESIDE_NAMED.fullmatch, names))


def _is_hidden(written: str) -> bool:
    return "hidden" in written and "hidden" in _attributes(written)

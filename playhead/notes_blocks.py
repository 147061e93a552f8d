"""Where the blocks of show notes stand: the items, paragraphs, headings and rows of Markdown, HTML and plain text.

Each reader says what a stretch of its source says to a person. Markdown is CommonMark (https://spec.commonmark.org)
with tables; HTML is read as far as blocks and links need it, with patterns that never go back.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from markdown_it import MarkdownIt
from markdown_it.token import Token

from playhead.model import Span
from playhead.text import clean

NotesFormat = Literal["markdown", "html", "text"]
"""How notes are written down."""

LONGEST_INLINE = 10_000
"""What stands in one line beyond this is read without its marks."""
WRAPPED = 60
"""Lines shorter than this are not broken because they are full."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_SPACE = re.compile(r"\s+")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"'`|]{1,2000}")
_TIMED = re.compile(r"[\s*_\[(]{0,8}\d{1,3}:\d{2}(?!\d)")
_AFTER_ADDRESS = ".,;:!?)]}*_"


@dataclass(frozen=True, slots=True)
class NoteLink:
    """A link of a note: the words it is on (the address itself where it is written bare), and where it leads."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the source that is one note: behind its bullet, its hashes or its tag. ``line`` counts from 1.

    ``rank`` is that of a heading, 1 for the highest, 0 for everything else.
    """

    span: Span
    line: int
    depth: int = 0
    rank: int = 0


class Reader(Protocol):
    """Reads one way of writing notes. ``source`` is what it was given."""

    source: str

    def blocks(self, source: str) -> Iterator[Block]:
        """The blocks, in order; none overlaps another."""

    def inline(self, span: Span) -> tuple[str, tuple[NoteLink, ...]]:
        """What the source says at ``span`` to a person, on one line, and its links."""

    def is_strong(self, written: str) -> bool:
        """Whether all of it is bold."""


def reader(written: NotesFormat) -> Reader:
    """The reader of notes that are ``written`` so."""
    readers: dict[NotesFormat, type[Reader]] = {"markdown": MarkdownReader, "html": HtmlReader, "text": TextReader}
    return readers[written]()


class TextReader:
    """Plain text: a line is a note, unless it goes on below because it was full."""

    _BULLET = re.compile(r"\s*+(?:[-*+•·–—▶►‣◦●○■]|\d{1,3}[.)])\s+")
    _RULE = re.compile(r"[\s\-=_*~#]*")

    source = ""

    def blocks(self, source: str) -> Iterator[Block]:
        self.source = source
        lines = _lines(source)
        place = 0
        while place < len(lines):
            first, last = lines[place]
            if self._RULE.fullmatch(source, first, last):
                place += 1
                continue
            behind = self._behind_bullet(first, last)
            is_item = behind is not None
            paragraph = [lines[place]]
            for line in lines[place + 1 :]:
                if not source[slice(*line)].strip() or self._behind_bullet(*line) is not None:
                    break
                paragraph.append(line)
            texts = [source[slice(*line)] for line in paragraph]
            is_indented = is_item and all(text[:1].isspace() for text in texts[1:])
            for group in _together(texts, is_item=is_indented):
                start = paragraph[group[0]][0] if group[0] or behind is None else behind
                span = _trimmed(source, (start, paragraph[group[-1]][1]))
                if span[0] < span[1]:
                    yield Block(span, place + group[0] + 1, int(is_item and not group[0]))
            place += len(paragraph)

    def _behind_bullet(self, first: int, last: int) -> int | None:
        found = self._BULLET.match(self.source, first, last)
        return found.end() if found else None

    def inline(self, span: Span) -> tuple[str, tuple[NoteLink, ...]]:
        text = self.source[slice(*span)]
        return _one_line(text), tuple(_bare(text))

    def is_strong(self, written: str) -> bool:
        return written.isupper() and len(written) > 3


_BREAK = re.compile(r"<br\s{0,8}/?>\Z", re.IGNORECASE)
LONGEST_BREAK = 13


def _is_broken(line: str) -> bool:
    """Whether CommonMark ends a line here: after two spaces, a backslash or a tag."""
    written = line.rstrip()
    return "  " in line[len(written) :] or written.endswith("\\") or bool(_BREAK.search(written[-LONGEST_BREAK:]))


def _before_breaks(text: str, first: int, last: int) -> int:
    """The end of what is written between two places, before the blanks and ends of lines that close it."""
    while first < last:
        if text[last - 1].isspace() or text[last - 1] == "\\":
            last -= 1
        elif found := _BREAK.search(text, max(first, last - LONGEST_BREAK), last):
            last = found.start()
        else:
            break
    return last


class MarkdownReader:
    """CommonMark with tables. Code that is fenced is no note; what is indented is, for notes are pasted that way."""

    _FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(?:[^\r\n]*\r?\n){0,200}?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)")
    _STRONG = re.compile(r"(?:\*\*|__)[^*_\n]+(?:\*\*|__):?\s*")

    source = ""

    def __init__(self) -> None:
        self._markdown = MarkdownIt("commonmark", {"html": True}).enable("table").disable("code")
        self._references: dict[str, Any] = {}

    def blocks(self, source: str) -> Iterator[Block]:
        self.source = source
        lines = _lines(source)
        front = self._FRONT_MATTER.match(source)
        skipped = (
            next((place for place, (first, _) in enumerate(lines) if first >= front.end()), len(lines)) if front else 0
        )
        self._references = {}
        # One block's parser, not the inline one: what a line says is asked for line by line.
        state: list[Token] = []
        text = "\n".join(source[slice(*line)] for line in lines[skipped:])
        self._markdown.block.parse(text, self._markdown, self._references, state)
        depth = rank = 0
        row: Span | None = None
        is_title_row = False
        for token in state:
            if token.type in ("bullet_list_open", "ordered_list_open"):
                depth += 1
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                depth -= 1
            elif token.type == "heading_open":
                rank = int(token.tag[1:])
            elif token.type == "heading_close":
                rank = 0
            elif token.type in ("thead_open", "thead_close"):
                is_title_row = token.type == "thead_open"
                row = (0, 0)
            elif token.type == "tr_open" and token.map and not is_title_row:
                row = (token.map[0], token.map[1])
                span = _trimmed(source, lines[skipped + row[0]], " \t|>")
                if span[0] < span[1]:
                    yield Block(span, skipped + row[0] + 1, depth)
            elif token.type == "inline" and token.map and row is None:
                found = self._places(token, lines, skipped)
                yield from self._paragraph(found, depth, rank)
            elif token.type == "table_close":
                row = None
            elif token.type == "html_block" and token.map:
                first, last = lines[skipped + token.map[0]][0], lines[min(skipped + token.map[1], len(lines)) - 1][1]
                yield from HtmlReader().blocks_in(source, (first, last), depth)

    def _places(self, token: Token, lines: Sequence[Span], skipped: int) -> list[tuple[int, Span]]:
        """The lines of a paragraph, by number, without what a list or a quotation puts before them."""
        places: list[tuple[int, Span]] = []
        number, after = (skipped + line for line in token.map or (0, 0))
        for content in token.content.split("\n"):
            wanted = content.strip()
            at = -1
            while number < min(after, len(lines)):
                at = self.source.rfind(wanted, *lines[number]) if wanted else -1
                number += 1
                if at >= 0:
                    break
            if at >= 0:
                places.append((number - 1, (at, at + len(wanted))))
        return places

    def _paragraph(self, places: Sequence[tuple[int, Span]], depth: int, rank: int) -> Iterator[Block]:
        texts = [self.source[slice(*span)] for _, span in places]
        ends = [self.source[span[1] : span[1] + 2] for _, span in places]
        hard = [_is_broken(text + end) for text, end in zip(texts, ends, strict=True)]
        for group in _together(texts, hard, is_item=depth > 0):
            number, (first, _) = places[group[0]]
            last = places[group[-1]][1][1]
            span = _trimmed(self.source, (first, _before_breaks(self.source, first, last)))
            if span[0] < span[1]:
                yield Block(span, number + 1, depth, rank)

    def inline(self, span: Span) -> tuple[str, tuple[NoteLink, ...]]:
        written = self.source[slice(*span)]
        if len(written) > LONGEST_INLINE:
            return _one_line(written), tuple(_bare(written))
        tokens = self._markdown.parseInline(_SPACE.sub(" ", written), self._references)
        parts: list[str] = []
        links: list[NoteLink] = []
        opened: tuple[int, str] | None = None
        for token in tokens[0].children or ():
            if token.type == "link_open":
                opened = (len(parts), str(token.attrs.get("href", "")))
            elif token.type == "link_close" and opened:
                links.append(NoteLink(_one_line("".join(parts[opened[0] :])), opened[1]))
                opened = None
            elif token.type in ("text", "code_inline", "image"):
                parts.append(token.content)
                if opened is None and token.type == "text":
                    links.extend(_bare(token.content))
            elif token.type in ("softbreak", "hardbreak"):
                parts.append(" ")
            elif token.type == "html_inline":
                href = HtmlReader.HREF.search(token.content) if token.content[:2].casefold() == "<a" else None
                if href:
                    opened = (len(parts), html.unescape(href[1] or href[2] or href[3] or ""))
                elif opened and token.content[:3].casefold() == "</a":
                    links.append(NoteLink(_one_line("".join(parts[opened[0] :])), opened[1]))
                    opened = None
                parts.append(" " if token.content[:3].casefold() == "<br" else "")
        return _one_line("".join(parts).replace(" | ", " – ")), tuple(links)

    def is_strong(self, written: str) -> bool:
        return self._STRONG.fullmatch(written) is not None


class HtmlReader:
    """HTML as it is pasted: blocks end where a browser would begin a new line."""

    _TOKEN = re.compile(
        r"<!--(?:[^-]|-(?!->))*+(?:-->|\Z)"
        r"|<(?P<close>/?)(?P<tag>[A-Za-z][^\s/>]*+)(?P<written>(?:[^>\"'=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+|[\"'])*+)(?:>|\Z)"
        r"|<[!?/][^>]*+(?:>|\Z)"
    )
    HREF = re.compile(r"\bhref\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.IGNORECASE)
    _BLOCKS = frozenset(
        (
            "address article aside blockquote body br center dd details div dl dt fieldset figcaption figure footer "
            "form h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol p pre section summary table tbody "
            "tfoot thead tr ul"
        ).split()
    )
    _HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
    _HIDDEN = frozenset("head iframe noscript object script style svg template textarea title".split())
    _STRONG = re.compile(r"\s*<(?:b|strong)\b[^<>]*>[^<>]*</(?:b|strong)>\s*:?\s*", re.IGNORECASE)

    source = ""

    def blocks(self, source: str) -> Iterator[Block]:
        yield from self.blocks_in(source, (0, len(source)), 0)

    def blocks_in(self, source: str, span: Span, depth: int) -> Iterator[Block]:
        """The blocks of a stretch that stands ``depth`` deep in lists."""
        self.source = source
        at, hidden = span[0], ""
        line, counted = 1, 0
        lists, rank = depth, 0
        start = span[0]

        def block(end: int) -> Iterator[Block]:
            nonlocal line, counted
            place = self._said(source, (start, end))
            if place is not None:
                line, counted = line + source.count("\n", counted, place[0]), place[0]
                yield Block(place, line, lists, rank)

        for token in self._TOKEN.finditer(source, *span):
            if token.start() < at:
                continue
            tag, is_end = (token["tag"] or "").casefold(), bool(token["close"])
            if hidden:
                if tag == hidden and is_end:
                    hidden, start = "", token.end()
                continue
            if tag in self._HIDDEN and not is_end:
                yield from block(token.start())
                hidden = tag
            elif tag in self._BLOCKS:
                yield from block(token.start())
                start = token.end()
                if tag in ("ul", "ol", "menu"):
                    lists = max(depth, lists + (-1 if is_end else 1))
                elif tag in self._HEADINGS:
                    rank = 0 if is_end else int(tag[1:])
        if not hidden:
            yield from block(span[1])

    def _said(self, source: str, span: Span) -> Span | None:
        """The stretch without space around it, and without tags and comments before or behind all it says."""
        first, last = _trimmed(source, span)
        words = [(first, first)]
        end = first
        for token in self._TOKEN.finditer(source, first, last):
            if source[end : token.start()].strip():
                words.append((end, token.start()))
            end = token.end()
        if source[end:last].strip():
            words.append((end, last))
        return (first, last) if len(words) > 1 else None

    def inline(self, span: Span) -> tuple[str, tuple[NoteLink, ...]]:
        parts: list[str] = []
        links: list[NoteLink] = []
        opened: tuple[int, str] | None = None
        at = span[0]
        for token in (*self._TOKEN.finditer(self.source, *span), None):
            words = html.unescape(self.source[at : token.start() if token else span[1]])
            parts.append(words)
            if opened is None:
                links.extend(_bare(words))
            if token is None:
                break
            at = token.end()
            tag, is_end = (token["tag"] or "").casefold(), bool(token["close"])
            if tag in ("td", "th"):
                parts.append(" ")
            if tag == "a" and opened:
                links.append(NoteLink(_one_line("".join(parts[opened[0] :])), opened[1]))
                opened = None
            if tag == "a" and not is_end and (href := self.HREF.search(token["written"])):
                opened = (len(parts), html.unescape(href[1] or href[2] or href[3] or ""))
        if opened:
            links.append(NoteLink(_one_line("".join(parts[opened[0] :])), opened[1]))
        return _one_line("".join(parts)), tuple(links)

    def is_strong(self, written: str) -> bool:
        return self._STRONG.fullmatch(written) is not None


def _lines(source: str) -> list[Span]:
    """The span of each line, without its end; lines end as they do in Markdown."""
    found: list[Span] = []
    for match in _LINE.finditer(source):
        first, last = match.span()
        if first == last == len(source) and found:
            break
        found.append((first, first + len(match.group().rstrip("\r\n"))))
    return found


def _trimmed(source: str, span: Span, without: str | None = None) -> Span:
    words = source[slice(*span)]
    first = span[0] + len(words) - len(words.lstrip(without))
    return (first, first + len(words.strip(without)))


def _together(texts: Sequence[str], hard: Sequence[bool] = (), is_item: bool = False) -> Iterator[list[int]]:
    """Which lines of a paragraph are one: in a list's item all, else those that were broken because they were full.

    What begins with a time is a line of its own, and so is what follows a ``hard`` break.

    >>> list(_together(["Intro", "The tide", "The bell"])), list(_together(["The tide", "comes in"], is_item=True))
    ([[0], [1], [2]], [[0, 1]])
    """
    width = max(map(len, texts), default=0)
    group: list[int] = []
    for place, text in enumerate(texts):
        group.append(place)
        after = texts[place + 1] if place + 1 < len(texts) else ""
        is_full = width >= WRAPPED and len(text) + 1 + len(after.split(maxsplit=1)[0] if after.strip() else "") > width
        if not after.strip() or not (is_item or is_full) or _TIMED.match(after) or (hard and hard[place]):
            yield group
            group = []
    if group:
        yield group


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", clean(text)).strip()


def _bare(text: str) -> Iterator[NoteLink]:
    """Addresses that are written out."""
    for found in _ADDRESS.finditer(text):
        written = found.group().rstrip(_AFTER_ADDRESS)
        if written.count("(") > written.count(")") and found.group()[len(written) :].startswith(")"):
            written += ")"
        yield NoteLink(written, written if written.startswith("http") else f"https://{written}")

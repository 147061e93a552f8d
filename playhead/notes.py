"""Show notes as an editor wrote them: Markdown, HTML or plain text -> notes, each with its place in the source.

Nothing is rendered and nothing rewritten: a note knows where it stands, so that a time can be put before it and every
other character stays as it was. Blocks are found by `playhead.notes_blocks`; here they become notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from playhead.errors import NotesError
from playhead.model import Span
from playhead.notes_blocks import Block, NoteLink, NotesFormat, Reader, reader
from playhead.timestamps import parse as parse_time

__all__ = ["MOST_CHARACTERS", "MOST_NOTES", "Note", "NoteKind", "NoteLink", "NotesFormat", "read_notes", "recognise"]

NoteKind = Literal["item", "heading", "prose", "sponsor", "boilerplate"]
"""What a note is: something talked of; the title above others; a paragraph about the whole; a sponsor's line; what
stands under every episode, "Links" and "Follow us" among it. Only the first two are looked for in the talk."""

MOST_CHARACTERS = 200_000
MOST_NOTES = 1_000
"""The longest notes of 2,263 published episodes are a tenth of either; what is longer is no show notes."""

PROSE, SENTENCE = 30, 12
"""A paragraph outside of lists with this many words tells of the whole episode; a whole sentence with fewer."""

_CLOCK = r"(?<![\d:.,/])(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d{1,3})?(?!:?\d|\.\d)"
_RANGE = rf"(?P<time>{_CLOCK})(?:\s?[-–—]\s?{_CLOCK})?"
_FIRST = re.compile(
    rf"[^\w\s]{{0,3}}\s?[(\[{{<]?\s?{_RANGE}\s?[)\]}}>]?"
    r"(?:\s{0,8}(?:[-–—:|•·~=>→,]{1,3}|\.(?=\s))\s{0,8}|\s{1,8}|(?=[^\w\s]))"
    r"(?!(?:is|was|are|and|or|but|when|where|while|to|until|till|in the|on the|he|she|they|we)\b)(?=.)"
)
_LAST = re.compile(
    rf"\s{{0,8}}(?:(?P<apart>[-–—:|•·~@→…(\[{{<]|\.{{2,}})\s{{0,8}}|\s)[(\[{{<]?{_RANGE}\s?[)\]}}>]?[.,;]?\s{{0,8}}\Z"
)
LONGEST_TIME = 60
_DAYTIME = re.compile(r"\s?(?:[ap]\.?m\b|uhr\b|o['’]clock|(?:utc|gmt|c?est?|[cemp][sd]?t)\b)", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\b(?:at|by|from|to|until|till|about|around|before|after|and|or|of|minute|um|gegen|bis|ab|à|vers|las)\Z",
    re.IGNORECASE,
)
# The same times with what is written around them: marks of Markdown, tags, and where a link leads.
_TAG = r"<[^<>]{0,2000}>"
_BEFORE = re.compile(rf"(?:{_TAG}|[*_~`(\[{{\\]|(?<=[(\[{{])\s){{1,12}}\Z")
_BEHIND = re.compile(
    rf"(?:{_RANGE.replace('?P<time>', '?:')})(?:{_TAG}|\\?[*_~`)\]}}]|\s(?=[)\]}}])){{0,12}}"
    rf"(?:(?<=\])\([^()\s]{{0,2000}}\)(?:{_TAG}|[*_~`)\]}}]){{0,12}})?"
)

_MARKUP = re.compile(rf"{_TAG}|\([^()\s]{{0,2000}}\)")
_SAYS = re.compile(r"\w")
LONGEST_TAGS = 4_000

_WORD = re.compile(r"[^\W\d_]")
LONGEST_TITLE = 200
_AND = re.compile(r"\s*&\s*")
_AROUND = re.compile(r"\A[^\w©]+|\W+\Z")
_SENTENCE = re.compile(r"[^.][.!…][\"”’)]?\Z")
_TOKEN = re.compile(r"\S+")
_SPONSOR = re.compile(
    r"\b(?:sponsor(?:s|ed|ing|ship)?\b|brought to you by|supported by our|promo(?:tional)? code|coupon|"
    r"use (?:the )?code\b|\d{1,3} ?% off|werbung|anzeige|unterstützt von|free trial\b)",
    re.IGNORECASE,
)
_STANDING = re.compile(
    r"(?:subscribe|follow (?:us|me|the|along)|rate (?:us|and|the)|(?:leave|write) (?:us )?a (?:review|comment|rating)|"
    r"join (?:us|our|the (?:discussion|conversation|community))|support (?:us|the|this|our)|become a (?:member|patron)|"
    r"hit us up|get in touch|contact us|e?-?mail us|send us|our (?:newsletter|website|socials?|merch)|"
    r"listen (?:on|and subscribe)|watch on|all rights reserved|©|copyright|privacy policy|"
    r"download (?:the )?(?:mp3|transcript)|(?:read the )?(?:full )?transcript\b|music (?:by|from)|theme (?:music|song)|"
    r"produced by|edited by|something missing or broken|changelog(?:\+\+| news))",
    re.IGNORECASE,
)
_UNSPOKEN = frozenset(
    (
        "about|about the show|about us|additional resources|chapters|connect|connect with us|contact|contents|credits|"
        "description|episode|episode links|episode notes|featuring|find us|find us online|follow|follow us|guest|"
        "guests|further reading|host|hosts|highlights|in this episode|key moments|key takeaways|learn more|links|"
        "links and resources|links and show notes|links mentioned|links mentioned in this episode|mentioned|"
        "mentioned in this episode|mentions|more|notes|notes and links|notes links|our sponsors|outline|panel|people|"
        "quotes|read more|references|related|related links|resources|resources mentioned|resources and links|"
        "segments|show links|show notes|shownotes|social|social media|socials|sources|sponsor|sponsors|"
        "sponsored by|subscribe|summary|support|support us|table of contents|takeaways|time codes|time stamps|"
        "timecodes|timestamps|today's topics|topics|topics covered|topics discussed|topics include|transcript|"
        "what we discuss|what we discussed|what you'll learn|where to find us|kapitel|kapitelmarken|themen|quellen"
    ).split("|")
)
_STANDING_SECTION = re.compile(
    r"\b(?:follow|subscribe|socials?|contact|connect|credits|support|about (?:the|us)|find us|get in touch|hit us up|"
    r"stay in touch)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Note:
    """One line of show notes: a list's item, a paragraph, a row of a table, a heading.

    ``number`` counts from 1 in the order of the source. ``text`` is what it says to a reader, without marks and without
    a time. ``span`` is in code points of the source, from the note's first mark or word to its last: **a time is
    written at** ``span[0]``, which is behind a bullet, a number, the hashes of a heading, an opening tag.
    ``section`` is the heading it stands under. ``stated`` are the seconds of a time that is written there already,
    at ``stated_span``; ``depth`` is how deep in lists it stands, 0 outside of them.
    """

    number: int
    text: str
    span: Span
    line: int
    links: tuple[NoteLink, ...] = ()
    section: str | None = None
    stated: float | None = None
    stated_span: Span | None = None
    kind: NoteKind = "item"
    depth: int = 0


def read_notes(source: str, written: NotesFormat | None = None) -> tuple[Note, ...]:
    """The notes in ``source``, in its order. How it is ``written`` is guessed where it is None.

    Raises NotesError where there is not one word in it, or more than can be linked at once.

    >>> [(note.stated, note.text, note.span) for note in read_notes("- 04:15 The **tide**\\n- [A bell](https://b.org)")]
    [(255.0, 'The tide', (2, 20)), (None, 'A bell', (23, 46))]
    """
    if len(source) > MOST_CHARACTERS:
        raise NotesError(
            f"These notes have {len(source):,} characters; {MOST_CHARACTERS:,} can be linked at once. "
            "Give the notes of one episode."
        )
    found = reader(written or recognise(source))
    notes = tuple(_notes(found, list(found.blocks(source))))
    if not notes:
        raise NotesError("There is not one word in these notes. Give the show notes of an episode.")
    if len(notes) > MOST_NOTES:
        raise NotesError(
            f"These notes have {len(notes):,} lines; {MOST_NOTES:,} can be linked at once. Give those of one episode."
        )
    return notes


_TAGS = re.compile(
    r"</?(?:p|li|ul|ol|div|br|h[1-6]|table|tr|td|a|strong|em|b|i|span|script|style)\b[^<>]{0,2000}>", re.IGNORECASE
)
_MARKS = re.compile(
    r"^\s{0,12}(?:[-*+]|\d{1,3}[.)]|#{1,6}|>)\s|\]\(|\*\*|^\[[^\]\n]{1,200}\]:\s|^\|?\s?:?-{3,}|^(?:```|~~~)",
    re.MULTILINE,
)


def recognise(source: str) -> NotesFormat:
    """How notes are written, by which marks there are more of: tags, those of Markdown, or none.

    >>> recognise("<ul><li>A bell</li></ul>"), recognise("- A bell<br>"), recognise("A bell")
    ('html', 'markdown', 'text')
    """
    tags, marks = len(_TAGS.findall(source)), len(_MARKS.findall(source))
    if tags > marks:
        return "html"
    return "markdown" if marks else "text"


def _notes(found: Reader, blocks: Sequence[Block]) -> Iterator[Note]:
    section: str | None = None
    number = 0
    ranks = [block.rank for block in blocks if block.rank]
    for place, block in enumerate(blocks):
        note = _note(found, block)
        if note is None:
            continue
        number += 1
        is_heading = block.rank > 0 or _is_title(found, block, note, blocks[place + 1 : place + 2])
        note = replace(note, number=number, section=section, kind=_kind(note, is_heading, section, block))
        if block.rank == 1 and ranks[0] == 1 and ranks.count(1) == 1 and len(blocks) > 1:
            note = replace(note, kind="boilerplate")  # the title of it all
        elif is_heading:
            section = note.text.strip(" :")
        yield note


def _note(found: Reader, block: Block) -> Note | None:
    """What a block says, with its time taken apart; None where it says nothing in words."""
    text, links = found.inline(block.span)
    said, clock, is_first = _without_time(text)
    place = _place(found.source, block.span, clock, is_first) if clock else None
    if not _WORD.search(said):
        return None
    return Note(
        number=0,
        text=said if place else text,
        span=block.span,
        line=block.line,
        links=tuple(link for link in links if _WORD.search(link.text)),
        stated=parse_time(clock) if place else None,
        stated_span=place,
        depth=block.depth,
    )


def _without_time(text: str) -> tuple[str, str, bool]:
    """A line as a reader sees it without the time before or behind it, that time, and whether it stood before.

    >>> _without_time("(01:30) The tide"), _without_time("The lock ... 12:30"), _without_time("We met at 12:30")
    (('The tide', '01:30', True), ('The lock', '12:30', False), ('We met at 12:30', '', False))
    """
    opening = _FIRST.match(text)
    if opening and not _DAYTIME.match(text, opening.end("time")) and parse_time(opening["time"]) is not None:
        return text[opening.end() :], opening["time"], True
    tail = max(0, len(text) - LONGEST_TIME)
    closing = _LAST.search(text, tail)
    if closing and closing.start() and parse_time(closing["time"]) is not None:
        before = text[: closing.start()]
        if closing["apart"] or not _PREPOSITION.search(before):
            return before.rstrip(), closing["time"], False
    return text, "", False


def _place(source: str, span: Span, clock: str, is_first: bool) -> Span | None:
    """Where a time is written at the start or the end of ``span``, with the marks and the link around it."""
    written = source[slice(*span)]
    low, high = (0, LONGEST_TAGS) if is_first else (max(0, len(written) - LONGEST_TAGS), len(written))
    at = written.find(clock, low, high)
    while at >= 0:
        around = _BEHIND.match(written, at)
        opening = max(0, at - LONGEST_TAGS)
        before = _BEFORE.search(written, opening, at)
        last = around.end() if around else at + len(clock)
        beside = written[:at] if is_first else written[last:]
        if not _SAYS.search(_MARKUP.sub("", beside)):
            first = before.start() if before else at
            if written.count("[", first, last) != written.count("]", first, last):
                first, last = at, at + len(clock)  # the link is on more than the time
            return (span[0] + first, span[0] + last)
        at = written.find(clock, at + 1, high)
    return None


def _is_title(found: Reader, block: Block, note: Note, below: Sequence[Block]) -> bool:
    """A line that stands for a heading: all of it bold, or with a colon behind it and a list below."""
    if block.depth or note.stated is not None or len(note.text.split()) > 8:
        return False
    written = found.source[slice(*block.span)]
    if _title(note.text) in _UNSPOKEN:
        return True
    if found.is_strong(written):
        return True
    return written.rstrip().endswith(":") and any(not block.rank for block in below)


def _kind(note: Note, is_heading: bool, section: str | None, block: Block) -> NoteKind:
    title = _title(note.text)
    if is_heading:
        return "boilerplate" if title in _UNSPOKEN or _STANDING.match(title) or _SPONSOR.search(title) else "heading"
    if _SPONSOR.search(note.text):
        return "sponsor"
    if note.stated is not None:
        return "item"
    if section is not None and _SPONSOR.search(section):
        return "sponsor"
    if title in _UNSPOKEN or _STANDING.match(title):
        return "boilerplate"
    if section is not None and _STANDING_SECTION.search(section):
        return "boilerplate"
    if not block.depth and len(_TOKEN.findall(note.text)) >= (SENTENCE if _SENTENCE.search(note.text) else PROSE):
        return "prose"
    return "item"


def _title(text: str) -> str:
    """A line as titles are compared: without case, and without the marks and pictures around it."""
    return _AND.sub(" and ", _AROUND.sub("", text[:LONGEST_TITLE].casefold()))

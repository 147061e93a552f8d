"""Lines of HTML as a conversation: who is named, when it is said, what is said, and how sure that is.

Publishers mark a speaker as ``<cite>``, ``<dt>``, a class, bold letters, or write ``Name:`` as anywhere else; a time as
``<time>``, a class, an attribute (``data-start``), a link to a second, or in brackets. Here all of them become one
text with brackets, which `ingest.stamps` lifts, and marks around names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.cues import is_name
from ingest.headings import Heading, Outline
from ingest.markup import HEADINGS, Element, Line
from ingest.reading import Problem
from ingest.scribe import Scribe, plain
from ingest.stamps import MARK, Lifted, Written, lift
from ingest.utterances import Utterance, by_sentence, is_word_by_word, labelled
from ingest.values import milliseconds, seconds
from playhead.model import Chapter, Transcript
from playhead.text import words
from playhead.timestamps import write, write_precise
from playhead.voices import marker

CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
LONGEST_DAY = 24 * 3600.0
"""Attributes that count beyond it do not count seconds."""
MOST_NAME_WORDS = 8
SENTENCES = 0.5
"""Talk ends in at least this share of its lines as sentences do; lists do not."""
CUES = 0.8
"""Lines are captions when at least this share of them has a time."""
FEWEST_WORDS = 12
FEWEST_NAMED = 0.1
"""Of the paragraphs on a page that announces no transcript, so many have to begin with a name."""

_NAME, _NAMED, _BOLD, _BOLDED = "\ue001\ue002\ue003\ue004"
"""Around a name that is marked as one, and around bold letters."""
_ONLY_CLOCK = re.compile(rf"[\s\[(|–—•@-]{{0,4}}({CLOCK})(?:\s?(?:-->|[–—-]|to)\s?{CLOCK})?[\s\])|:–—-]{{0,4}}")
_CLOCK_FIRST = re.compile(rf"([\s{_BOLD}]{{0,4}})\(({CLOCK})\)")
_BARE_CLOCK_FIRST = re.compile(rf"\s{{0,4}}({CLOCK})(?=\s)")
_CLOCK_AFTER_NAME = re.compile(
    rf"(?P<name>[^:()\[\]{MARK}]{{1,80}}?)\s{{0,4}}(?:\((?P<inside>{CLOCK})\)|(?P<last>{CLOCK})(?P<end>[{_NAMED}{_BOLDED}]?\s{{0,4}}(?::|\Z)))"
)
_LABEL = re.compile(
    rf"(?P<lead>[\s{MARK}–—•-]{{0,20}})"
    rf"(?:{_NAME}(?P<named>[^{_NAMED}]{{1,120}}){_NAMED}|{_BOLD}(?P<bold>[^{_BOLDED}]{{1,120}}){_BOLDED}"
    rf"|(?P<plain>[^\W\d_][^:：\n\[\]\ue000-\ue004]{{0,60}}))"
    rf"(?P<tail>(?:[\s{MARK}]|[–—-](?=\s{{0,4}}[{MARK}:])){{0,20}})(?P<colon>[:：](?!//))?"
)
_WORD = re.compile(r"[^\W_]")
_EDGES = f" \t\n:：,–—-{MARK}"
_MARKS = re.compile(f"[{_NAME}{_NAMED}{_BOLD}{_BOLDED}]")
_SENTENCE_END = re.compile(r"[.!?…。！？,;][\"'”’»)\]]{0,3}\s*\Z")
_NOBODY = frozenset("deprecated disclaimer example important note notes tip transcript update warning".split())
_NAME_CLASS = re.compile(
    r"(?:[\w-]{0,40}[-_])?(?:speaker(?:[-_]?(?:name|label))?|name|author|who|voice)", re.IGNORECASE
)
_TIME_CLASS = re.compile(r"(?:[\w-]{0,40}[-_])?(?:time(?:[-_]?(?:stamp|code))?|start|ts)", re.IGNORECASE)
_SECONDS = ("data-start", "data-time", "data-start-time", "data-begin", "data-timestamp", "data-seconds", "data-t")
_MILLISECONDS = ("data-m", "data-ms", "data-start-ms")
_NOISE = re.compile(r"Play the audio to listen along.{0,100}|Our transcripts are open source on GitHub.{0,100}")


@dataclass(frozen=True, slots=True)
class Label:
    """A name at the beginning of a line, ``how`` it is written, and what follows, its times first."""

    name: str
    how: str
    rest: str

    @property
    def is_break(self) -> bool:
        """Does it say no more than when?"""
        return not self.how.endswith("alone") and Lifted(self.rest).is_silent


@dataclass(frozen=True, slots=True)
class Row:
    """A line with its times lifted out, and the name it may begin with."""

    line: Line
    said: Lifted
    label: Label | None

    @property
    def is_heading(self) -> bool:
        return self.line.block.tag in HEADINGS

    @property
    def text(self) -> str:
        return _MARKS.sub("", self.said.text)

    @property
    def is_silent(self) -> bool:
        return not _WORD.search(self.text)


@dataclass(frozen=True, slots=True)
class Talk:
    """What some lines say, if they are a conversation; ``labels`` and ``stamps`` count what tells that they are."""

    transcript: Transcript
    chapters: tuple[Chapter, ...]
    problems: tuple[Problem, ...]
    labels: Counter[str]
    is_marked_up: bool
    is_timed_by_attributes: bool
    opens_with_a_name: bool
    are_terms: bool
    sentences: float
    paragraphs: int

    def is_sure(self, is_announced: bool, is_whole: bool) -> bool:
        """Is this talk, and no list and no article?

        ``is_announced`` where the page calls it a transcript, ``is_whole`` where there is nothing else in the file.
        """
        said = words(self.transcript.text)
        if not said:
            return False
        named, stamps = self.labels.total(), [stamp.seconds for stamp in self.transcript.stamps]
        is_whole = is_whole or (self.opens_with_a_name and 2 * named >= self.paragraphs)
        if is_whole and ((stamps and self.is_timed_by_attributes) or (named and self.is_marked_up)):
            return True
        if is_announced and named and (named > 1 or len(said) >= FEWEST_WORDS):
            return True
        if self.sentences < SENTENCES:
            return False
        if is_whole and self.opens_with_a_name and not self.are_terms and len(said) >= FEWEST_WORDS:
            return True
        if is_whole and named > 1 and (len(self.labels) > 1 or len(stamps) > 1) and not self.are_terms:
            return True
        recurs = 1 < len(self.labels) < named and 2 * sum(map(is_name, self.labels)) > len(self.labels)
        if (recurs or (named > 1 and len(stamps) > 1)) and named >= FEWEST_NAMED * self.paragraphs:
            return True
        forward = sum(1 for before, after in pairwise(stamps) if before <= after)
        if len(stamps) > 2 and forward >= 0.9 * (len(stamps) - 1):
            return True
        return is_announced and self.paragraphs > 1 and len(said) >= FEWEST_WORDS


def talk(lines: Sequence[Line], is_whole: bool, level: str | None = None) -> Talk:
    """What ``lines`` say. Unless they are the ``is_whole`` transcript, it begins with the first name or time.

    Below it, a heading ends it that is no deeper than ``level``; None where nothing stands below.
    """
    problems: list[Problem] = []
    times = _attribute_times(lines, problems)
    rows = list(_rows(lines, times, problems))
    names = _names(rows)
    opens_with_a_name = bool(rows) and rows[0].label is not None and rows[0].label.name in names
    rows = _without_surroundings(rows, names, problems, is_whole, level)
    return _Taking(names, problems).down(rows, len(times) > 1, opens_with_a_name)


class _Taking:
    """Takes rows down, one after the other."""

    def __init__(self, names: frozenset[str], problems: list[Problem]) -> None:
        self._names = names
        self._problems = problems
        self._scribe = Scribe()
        self._outline = Outline()
        self._labels: Counter[str] = Counter()
        self._waiting: list[tuple[Written, int]] = []

    def down(self, rows: Sequence[Row], is_timed_by_attributes: bool, opens_with_a_name: bool) -> Talk:
        # Captions go on in the next line; a paragraph by nobody may be somebody else's.
        are_cues = sum(1 for row in rows if row.said.stamps) >= CUES * len(rows)
        spoken = []
        for row in rows:
            self._problems.extend(
                Problem(f"this time is not understood: {written}", row.line.number) for written in row.said.unread
            )
            label = row.label if row.label and row.label.name in self._names else None
            if row.is_heading and not label:
                title = plain(_entity_proof(row.text.replace(MARK, " "))).strip(_EDGES)
                if title:
                    stamps = row.said.stamps
                    self._outline.open(Heading(title, stamps[0].seconds if stamps else None, row.line.number))
                continue
            kind = marker(row.label.name) if row.label else None
            if row.label and kind and row.label.is_break:
                start, end = (*(stamp.seconds for stamp in row.said.stamps), None, None)[:2]
                self._stamp()
                self._scribe.rest(kind, start, end, row.line.number)
                continue
            if label:
                self._labels[label.name] += 1
            if label and label.name != self._scribe.speaker:
                self._scribe.turn(_entity_proof(label.name))
            elif self._names:
                self._scribe.paragraph()
            elif not are_cues:
                self._scribe.turn(None)
            said = label.rest if label else row.text
            self._say(row, said)
            if _WORD.search(said):
                spoken.append(said.rstrip(f" {MARK}"))
        self._stamp()
        chapters = self._outline.chapters(self._problems)
        ends = sum(1 for each in spoken if _SENTENCE_END.search(each))
        return Talk(
            transcript=self._scribe.transcript(),
            chapters=chapters,
            problems=tuple(self._problems),
            labels=self._labels,
            is_marked_up=any(row.label and row.label.how == "named" and row.line.block.tag != "dt" for row in rows),
            is_timed_by_attributes=is_timed_by_attributes,
            opens_with_a_name=opens_with_a_name,
            are_terms=any(row.line.block.tag == "dt" for row in rows),
            sentences=ends / len(spoken) if spoken else 0.0,
            paragraphs=len(spoken),
        )

    def _say(self, row: Row, text: str) -> None:
        first, *rest = text.split(MARK)
        stamps = row.said.stamps
        if rest and _WORD.search(first) and not any(map(_WORD.search, rest)):
            # The time of a line may stand at its end.
            first, *rest = ["", *[""] * (len(rest) - 1), first]
        self._words(first, row)
        for stamp, said in zip(stamps, rest, strict=True):
            self._waiting.append((stamp, row.line.number))
            self._outline.stamp(stamp.seconds)
            self._words(said, row)

    def _words(self, said: str, row: Row) -> None:
        if plain(said):
            self._outline.words()
            self._stamp()
            self._scribe.say(_entity_proof(said), row.line.raw)

    def _stamp(self) -> None:
        """A time may stand before the name on its line, or on a line of its own: it is that of the next word."""
        for stamp, line in self._waiting:
            self._scribe.stamp(stamp.seconds, stamp.error, line)
        self._waiting.clear()


def _entity_proof(text: str) -> str:
    """A text whose entities are decoded, for the scribe, who decodes them: ``&lt;`` that is said stays said."""
    return text.replace("&", "&amp;")


def _rows(lines: Sequence[Line], times: Mapping[Element, float], problems: list[Problem]) -> Iterator[Row]:
    with_cells = {line.block.parent for line in lines if line.block.tag == "td"}
    written = [
        (line, _written(line, times, problems))
        for line in lines
        if (line.block.tag != "th" or line.block.parent in with_cells) and not _NOISE.match(line.words)
    ]
    bare = [found[1] for _, text in written if (found := _BARE_CLOCK_FIRST.match(text))]
    read = [value for value in map(seconds, bare) if value is not None]
    has_bare_clocks = len(read) > 2 and read == sorted(read)
    for line, text in written:
        first = _BARE_CLOCK_FIRST.match(text) if has_bare_clocks else None
        said = lift(f"{_bracketed(first[1]) or first.group()}{text[first.end() :]}" if first else text)
        yield Row(line, said, _label(said.text))


def _attribute_times(lines: Sequence[Line], problems: list[Problem]) -> Mapping[Element, float]:
    """The seconds that attributes and links give, each for the first words in its element."""
    times: dict[Element, float] = {}
    seen: set[Element] = set()
    timed: list[Utterance] = []
    places: list[Element] = []
    for line in lines:
        for piece in line.pieces:
            found = None
            for element in piece.element.around():
                if element in seen:
                    break
                seen.add(element)
                found = _time_of(element) if found is None else found
            if piece.words.strip():
                timed.append(Utterance(piece.words, found, None, str(line.number), line.number, piece.raw))
                places.append(piece.element)
            if found is not None:
                times[piece.element] = found
    if times and max(times.values()) > LONGEST_DAY:
        line_number = next(each.line for each in timed if each.start is not None)
        problems.append(
            Problem("the times in its attributes go beyond a day, so they count no seconds; none is used", line_number)
        )
        return {}
    with_time = [each for each in timed if each.start is not None]
    if not is_word_by_word(with_time):
        return times
    kept: dict[Element, float] = {}
    place_of = {each.raw: element for each, element in zip(timed, places, strict=True)}
    for sentence in by_sentence(timed):
        first = next((each for each in sentence if each.start is not None), None)
        if first is not None and first.start is not None:
            kept[place_of[first.raw]] = first.start
    return kept


def _time_of(element: Element) -> float | None:
    if "data-" in element.written.casefold():
        attributes = element.attributes
        for name in _SECONDS:
            if name in attributes:
                return seconds(attributes[name].removesuffix("s"))
        for name in _MILLISECONDS:
            if attributes.get(name, "").isdecimal() and len(attributes[name]) < 12:
                return milliseconds(int(attributes[name]))
    if element.tag == "a":
        target = element.attributes.get("href", "").strip()
        if target.startswith(("#t=", "?t=")):
            return seconds(target[3:].partition(",")[0])
    return None


def _written(line: Line, times: Mapping[Element, float], problems: list[Problem]) -> str:
    """A line as text, its times in brackets, its names and bold letters between marks."""
    parts: list[str] = []
    used: set[Element] = set()
    speakers = _attribute_names(line)
    for piece in line.pieces:
        second = None if piece.element in used else times.get(piece.element)
        used.add(piece.element)
        if speaker := speakers.pop(piece.element, None):
            parts.append(f"{_NAME}{speaker}{_NAMED} ")
        inside = [element for element in piece.element.around() if _is_within(element, line.block)]
        clock = _ONLY_CLOCK.fullmatch(piece.words)
        if second is not None:
            parts.append(f"[{write(second) if second.is_integer() else write_precise(second)}] ")
        if clock and (len(line.pieces) == 1 or any(map(_is_time, inside))):
            stamp = _bracketed(clock[1])
            if not stamp:
                problems.append(Problem(f"this time is not understood: {clock[1]}", line.number))
            parts.append(stamp if second is None else "")
        elif not piece.words.strip():
            parts.append(" ")
        elif any(map(_is_name_element, inside)):
            parts.append(f"{_NAME}{piece.words}{_NAMED}")
        elif any(element.tag in ("b", "strong") for element in inside):
            parts.append(f"{_BOLD}{piece.words}{_BOLDED}")
        else:
            parts.append(piece.words)
    text = "".join(parts)
    for opened, closed in ((_NAME, _NAMED), (_BOLD, _BOLDED)):
        text = re.sub(rf"{closed}(\s*+){opened}", r"\1", text)
    text = re.sub(r"[\[(] {0,2}(\[[\d:.]{4,16}\]) {0,2}[\])]", r"\1 ", text)
    if (first := _CLOCK_FIRST.match(text)) and (stamp := _bracketed(first[2])):
        text = f"{first[1]}{stamp}{text[first.end() :]}"
    named = _CLOCK_AFTER_NAME.match(text)
    stamp = _bracketed(named["inside"] or named["last"]) if named else ""
    if named and stamp and (named["name"].lstrip()[:1] in (_NAME, _BOLD) or is_name(named["name"].strip())):
        text = f"{named['name']}{stamp}{named['end'] or ''}{text[named.end() :]}"
    return text


def _attribute_names(line: Line) -> dict[Element, str]:
    """Who speaks from an element on, where an attribute says so."""
    found: dict[Element, str] = {}
    before = ""
    for piece in line.pieces:
        speaker = next((name for element in piece.element.around() if (name := _name_of(element))), "")
        if speaker and speaker != before:
            found.setdefault(piece.element, speaker)
            before = speaker
    return found


def _name_of(element: Element) -> str:
    if "data-" not in element.written:
        return ""
    attributes = element.attributes
    return labelled(attributes.get("data-speaker") or attributes.get("data-speaker-name")) or ""


def _bracketed(clock: str) -> str:
    """A time as `lift` knows it; nothing where it is none."""
    written = f"[{clock.replace(',', '.')}] "
    return written if lift(written).stamps else ""


def _is_within(element: Element, block: Element) -> bool:
    return element.at >= block.at


def _is_time(element: Element) -> bool:
    if element.tag == "time" or (element.tag == "a" and re.search(r"[#?&]t=", element.attributes.get("href", ""))):
        return True
    return any(_TIME_CLASS.fullmatch(name) for name in element.attributes.get("class", "").split())


def _is_name_element(element: Element) -> bool:
    if element.tag in ("cite", "dt"):
        return True
    return any(_NAME_CLASS.fullmatch(name) for name in element.attributes.get("class", "").split())


def _label(text: str) -> Label | None:
    """The name that a line may begin with. Whether it is one is for all lines together to say."""
    found = _LABEL.match(text)
    if found is None:
        return None
    inside = found["named"] or found["bold"] or found["plain"]
    name = inside.strip(_EDGES)
    has_colon = bool(found["colon"]) or inside.rstrip(f" {MARK}").endswith((":", "："))
    times = (found["lead"] + inside + found["tail"]).count(MARK)
    after = text[found.end() :]
    rest = MARK * times + after
    is_alone = not _WORD.search(after)
    is_plausible = (
        bool(_WORD.search(name)) and len(name.split()) <= MOST_NAME_WORDS and not name.endswith((".", "!", "?"))
    )
    if (found["named"] or found["bold"]) and (not is_plausible or MARK in name or re.search(r"[:：]\s", name)):
        bare = _MARKS.sub("", text)
        return _label(bare) if bare != text else None
    if not is_plausible:
        return None
    if found["named"]:
        return Label(name, "named", _MARKS.sub("", rest))
    if found["bold"] and (has_colon or times):
        return Label(name, "bold", _MARKS.sub("", rest))
    if is_alone and times:
        return Label(name, "alone timed", _MARKS.sub("", rest))
    if has_colon:
        return Label(name, "plain timed" if times else "plain", _MARKS.sub("", rest))
    if is_alone:
        return Label(name, "alone" if found["plain"] else "bold alone", _MARKS.sub("", rest))
    return Label(name, "bold before words" if found["bold"] else "before words", _MARKS.sub("", rest))


def _names(rows: Sequence[Row]) -> frozenset[str]:
    """Who speaks: whoever is marked up as a name, else whose name recurs before a colon, or alone above the words."""
    how: dict[str, Counter[str]] = {}
    for row in rows:
        if row.label and not (marker(row.label.name) and row.label.is_break):
            how.setdefault(row.label.how, Counter())[row.label.name] += 1
    certain = {name for name in (*how.get("named", ()), *how.get("bold", ())) if name.casefold() not in _NOBODY}
    alone = how.get("bold alone", Counter()) + how.get("alone timed", Counter())
    for before, row, after in zip([None, *rows], rows, [*rows[1:], None], strict=False):
        if row.label and row.label.how == "alone" and is_name(row.label.name):
            beside_a_time = any(each and each.said.stamps and each.is_silent for each in (before, after))
            in_a_row = row.line.block.tag in ("td", "th") and after and after.line.block.parent is row.line.block.parent
            alone[row.label.name] += bool(row.is_heading or beside_a_time or in_a_row)
    alone = +alone
    if 2 * alone.total() >= 3 * len(alone) or certain & alone.keys():
        certain |= {name for name in alone if is_name(name)}
    emphasised = how.get("bold before words", Counter())
    if 1 < len(emphasised) < emphasised.total() >= len(rows) / 2 and all(map(is_name, emphasised)):
        certain |= emphasised.keys()
    timed = how.get("plain timed", Counter())
    plain_ones = how.get("plain", Counter()) + timed
    if certain:
        likely = [name for name, times in plain_ones.items() if name in timed or (times > 1 and "named" not in how)]
        return frozenset(certain | {name for name in (*likely, *how.get("alone timed", ())) if is_name(name)})
    plausible = {name: times for name, times in plain_ones.items() if is_name(name)}
    is_first = bool(rows) and any(row.label and row.label.name in plausible for row in rows[:1])
    if not plausible or sum(plausible.values()) < 0.8 * plain_ones.total():
        return frozenset()
    if max(plausible.values()) == 1 and not (is_first and len(plausible) > 1):
        return frozenset()
    return frozenset(plausible)


def _without_surroundings(
    rows: list[Row], names: frozenset[str], problems: list[Problem], is_whole: bool, level: str | None
) -> list[Row]:
    """The rows from the first name or time to the heading that ends them; what is left out becomes a Problem."""
    telling = [place for place, row in enumerate(rows) if (row.label and row.label.name in names) or row.said.stamps]
    first = 0 if is_whole or not telling else telling[0]
    after = telling[-1] + 1 if telling else 0
    below = len(rows)
    if level is not None:
        headings = (place for place in range(after, len(rows)) if rows[place].is_heading)
        below = next((place for place in headings if telling or rows[place].line.block.tag <= level), below)
    if first:
        problems.append(Problem("this stands above the transcript and is left out", rows[0].line.number))
    if below < len(rows):
        problems.append(Problem("this stands below the transcript and is left out", rows[below].line.number))
    return rows[first:below]

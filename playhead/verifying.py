"""Looks for a quote in a library: what every door calls. Candidates come from the engine, the verdict from `quotes`.

A passage with the quote's words is found by them; the quote is then held against the transcript itself, for it may
begin in one passage and end in the next, or in somebody else's turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from playhead import links
from playhead.engine import View
from playhead.errors import NotFoundError
from playhead.library import Library
from playhead.model import Episode, Links, Segment, Span, Transcript, Turn
from playhead.query import EVERYTHING, Filters
from playhead.quotes import Occurrence, Quote, Verdict, find
from playhead.stopwatch import Stopwatch
from playhead.text import stems, words
from playhead.voices import voice

MOST_MATCHES = 10
"""How many places are shown; all that were found are counted."""

LIKELIEST = 40
"""How many passages are looked at by how much of the quote they have, before it is looked for word for word."""

MOST_LIKELY = 1000
"""Among how many of them somebody is looked for who is claimed to have said it."""

NEAREST = 0.6
"""How much of a quote must be said in a place to be shown where there is no match: less is another subject."""

_SHARE = 0.5
"""How much of a quote a passage must have to be read, or how much of a passage a long quote."""

_CLOSEST, _MARGIN = 4, 200
"""How many of them are read together with what stands around them: twice the quote and so many characters."""

MOST_READ = 200
"""How many passages are read that have the words in a row."""

MOST_NAMES = 5
"""Of how many words a name is that stands before a quote."""

_NEXT = 3
"""How many passages from the one that led to a quote the one may be that it begins in."""

_RANK: dict[Verdict, int] = {"verbatim": 0, "near": 1, "not_found": 2}


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a quote is said, or comes nearest to being said.

    ``segment`` is the passage it begins in, narrowed to the quote: its text is what was said, character for character,
    its ``span`` is in the transcript, its time that of the sentence the quote begins in. ``context`` are the sentences
    it stands in, whole, and ``within`` where in them. ``sha256`` is of the UTF-8 bytes of what was said.
    """

    occurrence: Occurrence
    segment: Segment
    episode: Episode
    context: str
    within: Span
    links: Links
    citation: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.segment.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed about a quote beside its words, and how it really is.

    ``agrees`` is None where that is not known: the words are not found, or nobody says who speaks there.
    """

    claimed: str
    agrees: bool | None
    really: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a quote. ``verdict`` is about its words; who says them where is in ``speaker`` and ``episode``.

    ``matches`` are the first of ``places`` that were found, those as claimed before others; ``nearest`` is what comes
    closest where there is none. ``exhaustive`` says that the whole library was searched for the words in a row: where
    it is not, they are too common, and may be said in more places. ``took`` is in seconds.
    """

    quote: Quote
    verdict: Verdict
    matches: tuple[Match, ...]
    nearest: Match | None
    places: int
    exhaustive: bool
    speaker: Claim | None
    episode: Claim | None
    took: float
    revision: int
    segments: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which episode; ``segment`` is the passage that led there."""

    episode: str
    occurrence: Occurrence
    segment: Segment

    @property
    def turns(self) -> list[Turn]:
        """Whose words it is, as far as they are in this passage."""
        span = _moved(self.occurrence.span, -self.segment.span[0])
        return [turn for turn in self.segment.turns if _overlap(turn.span, span)]


def verify_quote(
    library: Library, quote: Quote, speaker: str | None = None, episode_id: str | None = None
) -> Verification:
    """Whether somebody said this, who, where and when.

    A name before a colon is no part of the quote where its bearer says the rest: "Ada: It is done."
    Raises NotFoundError where the claimed episode is not in the library, or has no transcript.
    """
    found = _verify(library, quote, speaker, episode_id)
    label, _, rest = quote.text.partition(":")
    if found.verdict == "not_found" and speaker is None and 0 < len(words(label)) <= MOST_NAMES and words(rest):
        named = _verify(library, Quote(rest), label, episode_id)
        if named.speaker and named.speaker.agrees:
            return named
    return found


def _verify(library: Library, quote: Quote, speaker: str | None, episode_id: str | None) -> Verification:
    watch = Stopwatch()
    view = library.view()
    search = _Search(view, quote, library.embedder_of(view).model.dimension)
    if episode_id is not None:
        _find_transcribed(view, episode_id)
        search.read(episode_id)
    if not search.is_settled:
        search.look_likeliest()
        if search.verdict != "verbatim":
            search.look_word_for_word()
    if speaker is not None and not any(_is_by(speaker, place.turns) for place in search.best()):
        search.look_likeliest(speaker)
    places = sorted(
        search.best(),
        key=lambda place: (
            place.episode != episode_id,
            speaker is not None and not _is_by(speaker, place.turns),
            -place.occurrence.likeness,
            len(place.occurrence.differences),
        ),
    )
    shown = [
        match
        for place in places[:MOST_MATCHES]
        if (match := _match(view, place, search.transcript(place.episode), library.public_url))
    ]
    matches = [match for match in shown if match.occurrence.verdict != "not_found"]
    watch.lap("all")
    return Verification(
        quote=quote,
        verdict=matches[0].occurrence.verdict if matches else "not_found",
        matches=tuple(matches),
        nearest=shown[0] if shown and not matches else None,
        places=len(places) if matches else 0,
        exhaustive=search.exhaustive,
        speaker=None if speaker is None else _about_speaker(speaker, matches),
        episode=None if episode_id is None else _about_episode(episode_id, matches),
        took=watch.stages["all"],
        revision=view.revision,
        segments=view.size,
    )


class _Search:
    """Looks for one quote in one view; ``places`` are all that were found, by episode and span."""

    def __init__(self, view: View, quote: Quote, dimension: int) -> None:
        self._view = view
        self._quote = quote
        self._dimension = dimension
        self._transcripts: dict[str, Transcript | None] = {}
        self._seen: set[int] = set()
        self._places: list[_Place] = []
        self.exhaustive = False

    @property
    def verdict(self) -> Verdict:
        """The best of any place."""
        verdicts = [place.occurrence.verdict for place in self._places]
        return min(verdicts, key=_RANK.__getitem__, default="not_found")

    @property
    def is_settled(self) -> bool:
        """Whether every word of the quote was found, in its place."""
        return any(
            place.occurrence.verdict != "not_found" and place.occurrence.likeness == 1.0 for place in self._places
        )

    def best(self) -> list[_Place]:
        """The places of the best verdict; of those that are no quote, the likest."""
        best = [place for place in self._places if place.occurrence.verdict == self.verdict]
        if self.verdict != "not_found":
            return best
        return sorted((place for place in best if place.occurrence.likeness >= NEAREST), key=_likest)[:1]

    def transcript(self, episode_id: str) -> Transcript | None:
        """What was said in an episode, read once."""
        if episode_id not in self._transcripts:
            self._transcripts[episode_id] = self._view.transcript(episode_id)
        return self._transcripts[episode_id]

    def read(self, episode_id: str) -> None:
        """Read one episode from its first word to its last."""
        filters = replace(EVERYTHING, episode=(episode_id,))
        # All of them: a passage that has none of the words may be nearest to where others come close.
        segments = list(self._view.segments(self._numbers(filters, self._view.size)).values())
        transcript = self.transcript(episode_id)
        for occurrence in find(self._quote, transcript.text) if transcript and segments else ():
            self._keep(occurrence, episode_id, segments)

    def look_likeliest(self, speaker: str | None = None) -> None:
        """Read the passages that have most of the words, and the closest of them with what stands around them.

        With a ``speaker``, those of the people who go by that name, or by a part of it, where such words are said.
        """
        filters = EVERYTHING
        if speaker is not None:
            likely = self._view.matching(self._quote.spoken, EVERYTHING, MOST_LIKELY).alone.numbers
            names = [name for name, _ in self._view.facets(likely)["speaker"] if _fits(speaker, name)]
            filters = replace(EVERYTHING, speaker=(speaker, *names))
        hits = self._view.matching(self._quote.spoken, filters, LIKELIEST)
        around = hits.around.numbers[: LIKELIEST // 4].tolist()
        closest = self._look([*hits.alone.numbers.tolist(), *around])
        if self.is_settled:
            return
        for segment in closest[:_CLOSEST]:
            transcript = self.transcript(segment.episode)
            if transcript:
                within = _around(transcript.text, segment.span, 2 * len(self._quote.text) + _MARGIN)
                for occurrence in find(self._quote, transcript.text, within):
                    self._keep(occurrence, segment.episode, closest)

    def look_word_for_word(self) -> None:
        """Read every passage that says the words in a row; where none does, those that say more between them."""
        for phrases in self._quote.phrases():
            self.exhaustive = True
            self._look(self._numbers(replace(EVERYTHING, phrases=phrases), MOST_READ))
            if self.is_settled:
                return

    def _numbers(self, filters: Filters, most: int) -> list[int]:
        """Passages that fit, in any order: looked up by words it takes longer."""
        nowhere = np.zeros(self._dimension, np.float32)
        numbers: list[int] = self._view.nearest(nowhere, filters, most).numbers.tolist()
        return numbers

    def _look(self, numbers: Sequence[int]) -> list[Segment]:
        """Read the passages that were not read before and may say the quote; the likest first.

        Those that have all of its words go before, for mostly it is one of them.
        """
        new = [number for number in dict.fromkeys(numbers) if number not in self._seen]
        self._seen.update(new)
        wanted = stems(self._quote.spoken)
        shares: dict[int, float] = {}
        for number, passage in self._view.passages(new).items():
            there = stems(passage.text)
            share = len(wanted & there) / max(1, min(len(wanted), len(there)))
            if share >= _SHARE and passage.kind != "notes":
                shares[number] = share
        likest = sorted(shares, key=lambda number: -shares[number])
        whole = sum(share == 1.0 for share in shares.values())
        read: list[Segment] = []
        for part in (likest[:whole], likest[whole:]):
            segments = list(self._view.segments(part).values())
            for segment in segments:
                for occurrence in find(self._quote, segment.text):
                    self._keep(occurrence.moved(segment.span[0]), segment.episode, [segment])
            read += segments
            if self.is_settled:
                break
        return read

    def _keep(self, occurrence: Occurrence, episode: str, segments: Sequence[Segment]) -> None:
        """Note a place, unless a better one overlaps it; the passage nearest to its beginning goes with it."""
        rivals = [
            place
            for place in self._places
            if place.episode == episode and _overlap(place.occurrence.span, occurrence.span)
        ]
        if all(_merit(occurrence) > _merit(rival.occurrence) for rival in rivals):
            own = (segment for segment in segments if segment.episode == episode)
            nearest = min(own, key=lambda segment: _distance(segment.span, occurrence.span[0]))
            self._places = [place for place in self._places if place not in rivals]
            self._places.append(_Place(episode, occurrence, nearest))


def _match(view: View, place: _Place, transcript: Transcript | None, public_url: str) -> Match | None:
    """A place as it is shown; None where its episode was removed meanwhile."""
    episode = view.episode(place.episode)
    if episode is None or transcript is None:
        return None
    span = place.occurrence.span
    around = (place.segment, *view.neighbours(place.segment.id, _NEXT, _NEXT))
    held = next((each for each in around if each.span[0] <= span[0] < each.span[1]), place.segment)
    segment = _narrowed(held, transcript, span)
    stretch = _stretch(transcript, span)
    return Match(
        occurrence=place.occurrence,
        segment=segment,
        episode=episode,
        context=transcript.said(stretch),
        within=(span[0] - stretch[0], span[1] - stretch[0]),
        links=links.to_segment(segment, episode, public_url),
        citation=links.citation(segment, episode),
    )


def _narrowed(segment: Segment, transcript: Transcript, span: Span) -> Segment:
    """What of a transcript is said at ``span``, as a passage that keeps the id and the chapter of ``segment``."""
    turns = [(number, turn) for number, turn in enumerate(transcript.turns) if _overlap(turn.span, span)]
    sentences = [sentence for sentence in transcript.sentences if _overlap(sentence.span, span)]
    times = [sentence.time for sentence in sentences] or [turn.time for _, turn in turns]
    return replace(
        segment,
        span=span,
        text=transcript.said(span),
        first_turn=turns[0][0],
        last_turn=turns[-1][0],
        turns=tuple(replace(turn, span=_clipped(turn.span, span)) for _, turn in turns),
        sentences=tuple(replace(sentence, span=_clipped(sentence.span, span)) for sentence in sentences),
        time=replace(times[0], end=times[-1].end),
    )


def _stretch(transcript: Transcript, span: Span) -> Span:
    """The whole sentences around a span; where there are none, its turns."""
    parts = [part.span for part in transcript.sentences if _overlap(part.span, span)]
    parts = parts or [turn.span for turn in transcript.turns if _overlap(turn.span, span)]
    return min(span[0], parts[0][0]), max(span[1], parts[-1][1])


def _about_speaker(claimed: str, matches: Sequence[Match]) -> Claim:
    said_by = dict.fromkeys(name for match in matches for name in match.segment.speakers)
    known = [name for name in said_by if voice(name) == "person"]
    agrees = any(_is_by(claimed, match.segment.turns) for match in matches) if known else None
    return Claim(claimed, agrees, tuple(said_by))


def _about_episode(claimed: str, matches: Sequence[Match]) -> Claim:
    said_in = tuple(dict.fromkeys(match.episode.id for match in matches))
    return Claim(claimed, claimed in said_in if matches else None, said_in)


def _is_by(claimed: str, turns: Sequence[Turn]) -> bool:
    """Whether all of it is said by whom it is claimed of: a part of a name will do, and what the transcript calls them.

    >>> _is_by("Moss", [Turn("Ada Moss", (0, 9))]), _is_by("Ada Moss", [Turn("Grace Okoye", (0, 9))])
    (True, False)
    """
    return bool(turns) and all(_fits(claimed, turn.speaker) or _fits(claimed, turn.label) for turn in turns)


def _fits(claimed: str, name: str | None) -> bool:
    """Whether one name is the other or a part of it."""
    asked, known = set(words(claimed)), set(words(name or ""))
    return bool(asked and known) and (asked <= known or known <= asked)


def _find_transcribed(view: View, episode_id: str) -> None:
    """Raises NotFoundError for an episode that is not there, or that nobody has transcribed."""
    episode = view.episode(episode_id)
    if episode is None:
        raise NotFoundError(f"There is no episode {episode_id[:200]!r}; leave it out to look everywhere.")
    if not episode.transcribed:
        raise NotFoundError(f"{episode_id} has no transcript yet, so nobody knows what was said in it.")


def _merit(occurrence: Occurrence) -> tuple[int, float, int]:
    """What makes one place better than another."""
    return -_RANK[occurrence.verdict], occurrence.likeness, -len(occurrence.differences)


def _around(text: str, span: Span, margin: int) -> Span:
    """A span with so many characters before and after, to the next space."""
    before, after = text.rfind(" ", 0, max(0, span[0] - margin)), text.find(" ", span[1] + margin)
    return max(0, before), after if after >= 0 else len(text)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _likest(place: _Place) -> float:
    return -place.occurrence.likeness


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _clipped(span: Span, to: Span) -> Span:
    return max(span[0], to[0]) - to[0], min(span[1], to[1]) - to[0]


def _distance(span: Span, place: int) -> int:
    """How far a place is from a span, 0 inside it."""
    return max(span[0] - place, place - span[1] + 1, 0)

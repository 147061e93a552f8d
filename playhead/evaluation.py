"""Questions with known answers: what comes back for each, and whether it is right.

A line of a file of questions says what is asked and what answers it, in one of these shapes:

* ``{"id", "query", "file", "first", "last"}``: paragraphs ``first`` to ``last`` (from 0, blank-line separated) of a
  text. An excerpt is right when it shares eight words in a row with them, or with one of the question's twins:
  other places where the same passage stands.
* ``{"id", "query", "text"}``: words of the passage as they are spoken, at least eight; right is what shares eight.
* ``{"id", "query", "passages": [...]}``: several right passages, each in one of the two shapes above.
* ``{"id", "query", "answerable": false}``: nothing in the library answers it.
* ``{"id", "query", "meeting", "spans"}``: turns of a meeting. These are scored by the scorer that belongs to the
  data, from a run file of ``{"id", "ranked": [{"meeting", "start_turn", "end_turn"}, …]}``.

A passage may state its ``start``: the second of the sound at which it begins.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from playhead import measures
from playhead.errors import InputError, InvalidQueryError
from playhead.library import Library
from playhead.model import Excerpt, Transcript
from playhead.query import EVERYTHING, Filters, Mode, Query
from playhead.ranking import RECIPE, Weights
from playhead.text import slug, word_spans, words

SHARED_WORDS = 8
OPENING = 40
"""How many first words of a passage it is looked for by, and among how many passages that have them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a right passage stands: in paragraphs ``first`` to ``last`` of ``file``, or as so many words of ``text``.

    ``passage`` numbers the passages of a question; twins are places of one passage. ``start`` is in seconds.
    """

    file: str = ""
    first: int = 0
    last: int = 0
    text: str | None = None
    start: float | None = None
    passage: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and where its answer stands.

    ``meeting`` is what a question about a meeting is asked of. Nothing is to be found for one that is not
    ``answerable``.
    """

    id: str
    query: str
    places: tuple[Place, ...] = ()
    meeting: str | None = None
    answerable: bool = True

    @property
    def is_judged(self) -> bool:
        """Whether its right passage is known here."""
        return bool(self.places)

    @property
    def passages(self) -> int:
        """How many right passages there are."""
        return len({place.passage for place in self.places})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back for a question: at most ten excerpts, and which of the right passages each ``holds``.

    Of the first right excerpt, ``off`` says how many seconds it and its answering sentence start away from where the
    passage does, and ``off_stated`` whether the question states that second or the library's own transcript tells it.
    ``took`` and the ``stages`` are in seconds. ``is_absent``: nothing was found because the library does not have it.
    """

    question: Question
    excerpts: tuple[Excerpt, ...]
    holds: tuple[frozenset[int], ...]
    no_answer: bool
    took: float
    stages: Mapping[str, float]
    off: tuple[float | None, float | None] = (None, None)
    off_stated: bool = False
    is_absent: bool = False

    @property
    def rank(self) -> int | None:
        """The place of the first right excerpt from 1, None if none of the ten is."""
        return measures.rank(self.holds)


def read_questions(path: Path, twins: Path | None = None) -> list[Question]:
    """The questions of a JSON-lines file. Raises InputError naming the line that is none."""
    elsewhere = _twins(twins) if twins else {}
    questions: dict[str, Question] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            question = _question(row, elsewhere.get(row["id"], []))
        except (ValueError, KeyError, TypeError, AttributeError, InvalidQueryError) as error:
            raise InputError(f"{path}:{number}: not a question ({type(error).__name__}: {error})") from None
        if question.id in questions:
            raise InputError(f"{path}:{number}: a second question with the id {question.id!r}; give it another.")
        questions[question.id] = question
    if not questions:
        raise InputError(f"{path}: no questions in it; write one JSON object a line.")
    return list(questions.values())


def _question(row: dict[str, Any], twins: Sequence[dict[str, Any]]) -> Question:
    passages = row.get("passages", [row] if "file" in row or row.get("text") else [])
    places = [_place(passage, number) for number, passage in enumerate(passages)]
    answerable = row.get("answerable", True)
    if not isinstance(answerable, bool):
        raise TypeError("answerable is true or false")
    if places and not answerable:
        raise ValueError("it is not answerable, yet a passage answers it")
    return Question(
        id=str(row["id"]),
        query=Query(row["query"]).text,
        places=(*places, *(_place(twin, 0) for twin in twins if places)),
        meeting=row.get("meeting"),
        answerable=answerable,
    )


def _place(row: dict[str, Any], passage: int) -> Place:
    start = None if row.get("start") is None else float(row["start"])
    if start is not None and not (math.isfinite(start) and start >= 0):
        raise ValueError(f"start is {start}; it is a number of seconds from 0")
    if "file" not in row:
        return Place(text=str(row["text"]), start=start, passage=passage)
    return Place(str(row["file"]), int(row["first"]), int(row["last"]), start=start, passage=passage)


def evaluate(
    library: Library,
    questions: Sequence[Question],
    texts: Path,
    *,
    within: bool = False,
    mode: Mode = "hybrid",
    turn: int | None = None,
) -> Iterator[Outcome]:
    """Ask every question, and judge the first ten excerpts against the texts below ``texts``.

    ``within`` asks each question of its own episode only. Sponsors' passages may answer, so that the measures say
    what the ranking does with them. Passages come in the order of their scores; ``turn`` is how many an episode shows
    before the others have shown as many, as on a page. The first question is asked twice, and only the second time
    counts: what is loaded once is no part of a question's time.
    """
    episodes = {_last(episode_id): episode_id for episode_id in _episode_ids(library)}
    for number, question in enumerate(questions):
        filters = Filters(sponsors=True)
        if within and question.meeting:
            filters = replace(filters, episode=(episodes.get(slug(question.meeting), question.meeting),))
        query = Query(question.query, filters, limit=measures.DEPTH, mode=mode, turn=turn)
        if not number:
            library.search(query)
        found = library.search(query)
        said = [(place, _said(question, place, texts)) for place in question.places]
        places = [(place, _runs(passage)) for place, passage in said]
        held = [_held(excerpt.segment.text, places) for excerpt in found.excerpts]
        outcome = Outcome(
            question=question,
            excerpts=found.excerpts,
            holds=tuple(frozenset(place.passage for place in each) for each in held),
            no_answer=found.no_answer,
            took=found.took,
            stages=found.stages,
            is_absent=question.is_judged and not any(held) and not _is_there(places, said, library),
        )
        yield _timed(outcome, dict(said), next(filter(None, held), []), library)


def judge(question: Question, texts: Path) -> Callable[[str], frozenset[int]]:
    """Which right passages a text holds: it shares eight words in a row with them. None, and it is a wrong answer."""
    places = [(place, _runs(_said(question, place, texts))) for place in question.places]
    return lambda text: frozenset(place.passage for place in _held(text, places))


def paragraphs(path: Path) -> list[str]:
    """The blank-line separated paragraphs of a text file. Raises InputError naming a missing one."""
    if not path.is_file():
        raise InputError(f"{path}: not there; --texts names the folder the questions' files are in.")
    return [paragraph for paragraph in re.split(r"\n\s*\n", _text(path)) if paragraph.strip()]


def onset(passage: Sequence[str], transcript: Transcript) -> float | None:
    """The second at which a passage begins in a transcript, by the transcript's own times; None if it is not there.

    It begins with the sentence that holds the first of its runs of eight words to be found there: a passage from a
    file may begin with a label that nobody says.
    """
    spoken = word_spans(transcript.text)
    length = min(SHARED_WORDS, len(words(" ".join(passage))))
    at = {
        tuple(word for word, _, _ in spoken[first : first + length]): spoken[first][1]
        for first in reversed(range(len(spoken) - length + 1))
    }
    begins = next((at[run] for run in _in_order(passage) if run in at), None)
    if begins is None:
        return None
    holding = (sentence for sentence in reversed(transcript.sentences) if sentence.span[0] <= begins)
    return next((sentence.time.start for sentence in holding), None)


def weights_of(written: str) -> Weights:
    """The weights written as ``meaning=.4,alone=.2``; what is not named is as in the recipe.

    >>> weights_of("episode=0") == Weights(episode=0.0)
    True
    """
    known = {each.name: getattr(RECIPE, each.name) for each in fields(Weights)}
    chosen = {}
    for part in filter(None, written.split(",")):
        name, _, value = (piece.strip() for piece in part.partition("="))
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if name not in known or not math.isfinite(number):
            shown = ", ".join(f"{each}={value}" for each, value in known.items())
            raise InvalidQueryError(f"--weights has {part.strip()!r}; write some of {shown}.", "weights")
        chosen[name] = type(known[name])(number)
    return replace(RECIPE, **chosen)


def run_of(outcome: Outcome, meetings: Mapping[str, str]) -> dict[str, Any]:
    """One line of a run file. ``meetings`` gives the data's name of a meeting by the last part of its episode's id."""
    return {
        "id": outcome.question.id,
        "ranked": [
            {
                "meeting": meetings.get(_last(excerpt.episode.id), excerpt.episode.title),
                "start_turn": excerpt.segment.first_turn,
                "end_turn": excerpt.segment.last_turn,
            }
            for excerpt in outcome.excerpts
        ],
    }


def meetings_of(questions: Sequence[Question]) -> dict[str, str]:
    """The data's names of the meetings the questions are about, by the last part of their episodes' ids."""
    return {slug(question.meeting): question.meeting for question in questions if question.meeting}


def _timed(outcome: Outcome, said: Mapping[Place, list[str]], held: Sequence[Place], library: Library) -> Outcome:
    """``outcome`` with how far its first right excerpt, in which the passages at ``held`` are, starts from them.

    A second that is stated is of one episode, so it does not count for a passage that stands in several.
    """
    if not held:
        return outcome
    place = held[0]
    excerpt = outcome.excerpts[(outcome.rank or 1) - 1]
    is_stated = place.start is not None and sum(each.passage == place.passage for each in said) == 1
    begins = place.start
    if not is_stated:
        transcript = library.view().transcript(excerpt.episode.id)
        begins = onset(said[place], transcript) if transcript else None
    if begins is None:
        return outcome
    starts = (excerpt.segment.time.start, excerpt.answer.time.start)
    first, answer = (None if start is None else abs(start - begins) for start in starts)
    return replace(outcome, off=(first, answer), off_stated=is_stated)


def _is_there(
    places: Sequence[tuple[Place, set[tuple[str, ...]]]], said: Sequence[tuple[Place, list[str]]], library: Library
) -> bool:
    """Whether any right passage is in the library: then its own first words find it."""
    view = library.view()
    for _, passage in said:
        opening = " ".join(words(" ".join(passage))[:OPENING])
        hits = view.matching(opening, EVERYTHING, OPENING).alone
        found = view.segments([int(number) for number in hits.numbers])
        if any(_held(segment.text, places) for segment in found.values()):
            return True
    return False


def _said(question: Question, place: Place, texts: Path) -> list[str]:
    """The words at a place, by paragraph. Raises InputError where there are none."""
    if place.text is not None:
        return [place.text]
    passage = paragraphs(texts / place.file)[place.first : place.last + 1]
    if not passage:
        raise InputError(f"{question.id}: {place.file} has no paragraph {place.first}; they are counted from 0.")
    return passage


def _held(text: str, places: Sequence[tuple[Place, set[tuple[str, ...]]]]) -> list[Place]:
    """The places whose runs of words stand in ``text``."""
    own = _runs([text])
    return [place for place, runs in places if not runs.isdisjoint(own)]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: this is not UTF-8 text; save it as UTF-8.") from None


def _twins(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        return dict(json.loads(_text(path)))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: these are no twins ({error}); write one JSON object of lists.") from None


def _runs(texts: Sequence[str]) -> set[tuple[str, ...]]:
    """Every eight words in a row; all of them where there are fewer."""
    return set(_in_order(texts))


def _in_order(texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    said = [word for text in texts for word in words(text)]
    return (tuple(said[at : at + SHARED_WORDS]) for at in range(max(1, len(said) - SHARED_WORDS + 1)))


def _last(episode_id: str) -> str:
    return episode_id.rpartition("/")[2]


def _episode_ids(library: Library) -> Iterator[str]:
    view, offset = library.view(), 0
    while page := view.episodes(Filters(), offset, 500):
        yield from (episode.id for episode in page)
        offset += len(page)

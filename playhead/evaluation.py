"""Questions with known answers: how often, and how high, the right passage comes back.

A question's right passage is given in one of three shapes:

* ``{"id", "query", "file", "first", "last"}``: paragraphs ``first`` to ``last`` (from 0, blank-line separated) of a
  text. An excerpt is right when it shares eight words in a row with them, or with one of the question's twins:
  other places where the same passage stands.
* ``{"id", "query", "text"}``: words of the passage as they are spoken, at least eight; right is what shares eight.
* ``{"id", "query", "meeting", "spans"}``: turns of a meeting. These are scored by the scorer that belongs to the
  data, from a run file of ``{"id", "ranked": [{"meeting", "start_turn", "end_turn"}, …]}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

from playhead.errors import InputError
from playhead.library import Library
from playhead.model import Excerpt
from playhead.query import Filters, Query
from playhead.text import slug, words

DEPTH = 10
SHARED_WORDS = 8


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and where its answer stands: in paragraphs of files, or in so many words.

    ``meeting`` is what a question about a meeting is asked of.
    """

    id: str
    query: str
    golds: tuple[tuple[str, int, int], ...] = ()
    text: str | None = None
    meeting: str | None = None

    @property
    def is_judged(self) -> bool:
        """Whether its right passage is known here."""
        return bool(self.golds or self.text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back for a question; ``rank`` of the first right excerpt from 1, None if none of the ten is."""

    question: Question
    excerpts: tuple[Excerpt, ...]
    rank: int | None
    took: float
    no_answer: bool


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the questions: the share answered within the first 1, 5 and 10, and the reciprocal rank."""

    questions: int
    success_1: float
    success_5: float
    success_10: float
    mrr_10: float


def read_questions(path: Path, twins: Path | None = None) -> list[Question]:
    """The questions of a JSON-lines file. Raises InputError naming the line that is none."""
    elsewhere = _twins(twins) if twins else {}
    questions = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            golds = [row, *elsewhere.get(row["id"], ())] if "file" in row else []
            questions.append(
                Question(
                    id=row["id"],
                    query=row["query"],
                    golds=tuple((gold["file"], int(gold["first"]), int(gold["last"])) for gold in golds),
                    text=row.get("text"),
                    meeting=row.get("meeting"),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}:{number}: not a question ({type(error).__name__}: {error})") from None
    if not questions:
        raise InputError(f"{path}: no questions in it; write one JSON object a line.")
    return questions


def evaluate(
    library: Library, questions: Sequence[Question], texts: Path, *, within: bool = False
) -> Iterator[Outcome]:
    """Ask every question, and judge the first ten excerpts against the texts below ``texts``.

    ``within`` asks each question of its own episode only.
    """
    episodes = {_last(episode_id): episode_id for episode_id in _episode_ids(library)}
    for question in questions:
        filters = Filters()
        if within and question.meeting:
            filters = Filters(episode=(episodes.get(slug(question.meeting), question.meeting),))
        found = library.search(Query(question.query, replace(filters, sponsors=True), limit=DEPTH))
        is_right = judge(question, texts)
        right = (place for place, excerpt in enumerate(found.excerpts, 1) if is_right(excerpt.segment.text))
        yield Outcome(question, found.excerpts, next(right, None), found.took, found.no_answer)


def judge(question: Question, texts: Path) -> Callable[[str], bool]:
    """Whether a text is a right answer: it shares eight words in a row with a right passage."""
    runs: set[tuple[str, ...]] = set()
    for file, first, last in question.golds:
        passage = paragraphs(texts / file)[first : last + 1]
        if not passage:
            raise InputError(f"{question.id}: {file} has no paragraph {first}; they are counted from 0.")
        runs |= _runs(passage)
    if question.text:
        runs |= _runs([question.text])
    return lambda text: not runs.isdisjoint(_runs([text]))


def paragraphs(path: Path) -> list[str]:
    """The blank-line separated paragraphs of a text file. Raises InputError naming a missing one."""
    if not path.is_file():
        raise InputError(f"{path}: not there; --texts names the folder the questions' files are in.")
    return [paragraph for paragraph in re.split(r"\n\s*\n", _text(path)) if paragraph.strip()]


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The means over all outcomes that could be judged."""
    ranks = [outcome.rank for outcome in outcomes]
    return Scores(
        questions=len(ranks),
        success_1=mean(rank is not None and rank <= 1 for rank in ranks),
        success_5=mean(rank is not None and rank <= 5 for rank in ranks),
        success_10=mean(rank is not None for rank in ranks),
        mrr_10=mean(1 / rank if rank else 0.0 for rank in ranks),
    )


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


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: this is not UTF-8 text; save it as UTF-8.") from None


def _twins(path: Path) -> dict[str, list[dict[str, object]]]:
    try:
        return dict(json.loads(_text(path)))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: these are no twins ({error}); write one JSON object of lists.") from None


def _runs(texts: Sequence[str]) -> set[tuple[str, ...]]:
    """Every eight words in a row; all of them where there are fewer."""
    said = [word for text in texts for word in words(text)]
    return {tuple(said[at : at + SHARED_WORDS]) for at in range(max(1, len(said) - SHARED_WORDS + 1))}


def meetings_of(questions: Sequence[Question]) -> dict[str, str]:
    """The data's names of the meetings the questions are about, by the last part of their episodes' ids."""
    return {slug(question.meeting): question.meeting for question in questions if question.meeting}


def _last(episode_id: str) -> str:
    return episode_id.rpartition("/")[2]


def _episode_ids(library: Library) -> Iterator[str]:
    view, offset = library.view(), 0
    while page := view.episodes(Filters(), offset, 500):
        yield from (episode.id for episode in page)
        offset += len(page)

"""One source as an episode: its files read, speakers and chapters brought together, times settled, segments cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingest.align import carry_speakers
from ingest.editions import contradiction, drift, in_transcript, of_sound
from ingest.precedence import choose, latest_chapter
from ingest.reading import Facts, Problem, Reading, first_stated
from ingest.segmenting import split
from ingest.sources import Source, read
from ingest.speakers import as_written
from ingest.timing import Settled, settle
from ingest.values import one_line
from playhead.engine import View
from playhead.errors import DamagedError, TranscriptError
from playhead.model import Episode, Segment, Transcript
from playhead.text import clean

SAME_EPISODE = 0.3
"""Two transcripts are of one episode when at least this share of their words agrees, in order."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An episode ready to be added."""

    episode: Episode
    transcript: Transcript
    segments: list[Segment]
    problems: tuple[Problem, ...]


def prepare(source: Source, known: View | None = None) -> Prepared:
    """One source as an episode: its files read, speakers and chapters brought together, times settled, cut.

    ``known`` is the library as it stands: what it knows of this episode and the source does not say - chapters,
    speakers, links - is kept, so that a poorer source never takes anything away.
    """
    readings = read(source)
    before = facts_of(source.episode_id, known) if known else None
    words_before = words_of(source.episode_id, known) if known and before else None
    words_before = as_written(words_before) if words_before else None
    facts = first_stated([source.sheet, *(reading.facts for reading in readings)])
    transcript = _one_transcript(source, readings, words_before)
    duration = facts.duration or (before.duration if before else None)
    offset = (before.offset if before else 0.0) if facts.offset is None else facts.offset
    length = in_transcript(duration, offset)
    in_its_time = [of_sound(reading, offset) for reading in readings]
    chosen = choose(in_its_time, facts.description, length or latest_chapter(transcript))
    chapters = chosen.chapters or (before.chapters if before else ())
    settled = settle(transcript, chapters, length)
    episode = _describe(source, facts, before, settled, offset)
    problems = [problem for reading in readings for problem in reading.problems]
    plays = next((each.facts.duration for each in readings if each.format == "sound" and each.facts.duration), duration)
    episode = replace(episode, drift=drift(settled.transcript, plays, episode.offset))
    if episode.drift is not None and plays is not None:
        problems.append(contradiction(episode.drift, plays))
    return Prepared(
        episode=episode,
        transcript=settled.transcript,
        segments=split(episode, settled.transcript),
        problems=(*problems, *chosen.problems, *settled.problems),
    )


def facts_of(episode_id: str, known: View) -> Episode | None:
    """What is known of an episode; None where that is damaged, for what is read now mends it."""
    try:
        return known.episode(episode_id)
    except DamagedError:
        return None


def words_of(episode_id: str, known: View) -> Transcript | None:
    """What is known to be said in an episode; None where that is damaged, for what is read now mends it."""
    try:
        return known.transcript(episode_id)
    except DamagedError:
        return None


def _one_transcript(source: Source, readings: Iterable[Reading], before: Transcript | None) -> Transcript:
    """The words of the text with the finest times, with the speakers of the one that names them.

    Of a source without words they are those that are known already, or none.
    """
    found = [reading.transcript for reading in readings if reading.transcript is not None]
    if not found and not source.has_words:
        return before or Transcript("", ())
    if not found:
        raise TranscriptError("no transcript among these files; chapters and facts alone say nothing", source.name)
    labelled = [each for each in found if _names_speakers(each)]
    unlabelled = [each for each in found if not _names_speakers(each)]
    if labelled and unlabelled:
        both = _aligned(labelled[0], unlabelled[0])
        if both is None:
            raise TranscriptError(
                "its transcripts are not of one episode; keep them in folders of their own", source.name
            )
        return both
    now = found[0]
    if before is None or not before.turns:
        return now
    again = _aligned(before, now)
    if again is None:
        raise TranscriptError(
            f"its words are not those of the episode kept as {source.episode_id}; rename the file, or run "
            f"playhead remove {source.episode_id} first",
            source.name,
        )
    return now if labelled or not _names_speakers(before) else again


def _aligned(labelled: Transcript, unlabelled: Transcript) -> Transcript | None:
    alignment = carry_speakers(labelled, unlabelled)
    return alignment.transcript if alignment.share >= SAME_EPISODE else None


def _names_speakers(transcript: Transcript) -> bool:
    return any(turn.speaker for turn in transcript.turns)


def _describe(source: Source, facts: Facts, before: Episode | None, settled: Settled, offset: float) -> Episode:
    """The episode as it is now known; what is not stated is kept from before, else None."""
    return Episode(
        id=source.episode_id,
        podcast=source.podcast,
        podcast_title=source.podcast_title,
        title=facts.title or (before.title if before else source.title),
        published=facts.published or (before.published if before else None),
        description=facts.description or (before.description if before else None),
        page_url=facts.page_url or (before.page_url if before else None),
        audio_url=facts.audio_url or (before.audio_url if before else None),
        audio_file=str(source.audio.resolve()) if source.audio else (before.audio_file if before else None),
        duration=facts.duration or (before.duration if before else None),
        language=one_line(facts.language) or (before.language if before else None),
        chapters=settled.chapters,
        sources=tuple(clean(path.name) for path in source.files) or (before.sources if before else ()),
        fingerprint=source.fingerprint,
        people=facts.people or (before.people if before else ()),
        offset=offset,
        editions=facts.editions or (before.editions if before else ()),
        transcribed=bool(settled.transcript.turns),
    )

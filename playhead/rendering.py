"""Playhead's nouns as plain dictionaries: the one shape that REST, the pages, ``--json`` and chatbots show.

Only what JSON can hold comes out: dates as ISO 8601, seconds as numbers, and beside every time the clock a
person reads. What is not known is None. ``public_url`` completes the links that lead to ourselves.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from statistics import median
from typing import Any

from playhead import cursors, links
from playhead.library import Found
from playhead.model import (
    Answer,
    Chapter,
    Episode,
    Excerpt,
    Links,
    Person,
    Podcast,
    Segment,
    Speaker,
    Time,
    Transcript,
    Turn,
)
from playhead.query import Filters, Query
from playhead.quotes import Difference
from playhead.timestamps import write
from playhead.verifying import Claim, Match, Verification

Plain = dict[str, Any]


CHARACTERS_A_TOKEN = 4
"""A rule of thumb for English, the same whatever model reads the answer; not a count."""


def found_as_dict(found: Found, public_url: str = "", max_tokens: int | None = None) -> Plain:
    """The answer to a question.

    ``max_tokens`` is a budget for the results, at `CHARACTERS_A_TOKEN` of their JSON. A result is given whole or not
    at all. The first always is, so that there is something to read and the next page is another one; ``left_out``
    counts those of this page there was no room for, and ``next`` begins with them.
    """
    results = [excerpt_as_dict(excerpt, public_url) for excerpt in found.excerpts]
    room = len(results) if max_tokens is None else max(1, fitting(results, max_tokens))
    left_out = len(results[room:])
    following = found.query.offset + room if left_out else found.next_offset
    return {
        "query": found.query.text,
        "mode": found.query.mode,
        "sort": found.query.sort,
        "no_answer": found.no_answer,
        "took_ms": round(found.took * 1000, 1),
        "index": {"revision": found.revision, "segments": found.segments, "model": found.model},
        "filters": filters_as_dict(found.query.filters),
        "phrases": list(found.query.filters.phrases),
        "undated": found.undated,
        "held_back": found.held_back,
        "left_out": left_out,
        "next": None if following is None else cursors.write(following, listing(found.query)),
        "facets": {name: [list(count) for count in counts] for name, counts in found.facets.items()},
        "faceted": found.faceted,
        "suggestion": found.suggestion,
        "results": results[:room],
    }


def listing(query: Query) -> object:
    """What a cursor of this question belongs to: everything but the page."""
    return query.text, query.filters, query.mode, query.sort


def filters_as_dict(filters: Filters) -> Plain:
    """The filters that were given, under the names they are given by."""
    given: Plain = {
        "podcast": list(filters.podcast),
        "episode": list(filters.episode),
        "speaker": list(filters.speaker),
        "chapter": list(filters.chapter),
        "kind": list(filters.kind),
        "since": filters.since and filters.since.isoformat(),
        "until": filters.until and filters.until.isoformat(),
        "include": ["sponsor"] if filters.sponsors and "sponsor" not in filters.kind else [],
    }
    return {name: value for name, value in given.items() if value}


def excerpt_as_dict(excerpt: Excerpt, public_url: str = "") -> Plain:
    """An excerpt: its segment, why it was found, the sentence that answers, and the same words elsewhere."""
    return {
        **segment_as_dict(excerpt.segment, excerpt.episode, excerpt.links, excerpt.citation, public_url),
        "score": round(excerpt.score, 4),
        "scores": {name: None if value is None else round(value, 4) for name, value in excerpt.scores.items()},
        "confidence": round(excerpt.confidence, 4),
        "answer": _answer_as_dict(excerpt.answer),
        "highlights": [list(span) for span in excerpt.highlights],
        "duplicates": [
            {
                "id": twin.segment.id,
                "time": time_as_dict(twin.segment.time),
                "episode": episode_reference(twin.episode, public_url),
                "links": _links_as_dict(twin.links, public_url),
                "citation": twin.citation,
            }
            for twin in excerpt.duplicates
        ],
    }


def segment_as_dict(
    segment: Segment,
    episode: Episode,
    to: Links | None = None,
    citation: str | None = None,
    public_url: str = "",
) -> Plain:
    """A segment with its episode: what was said, by whom, when, and where to go from there.

    One of ``kind`` notes was not said: it is written about an episode that has no transcript.
    """
    return {
        "id": segment.id,
        "kind": segment.kind,
        "text": segment.text,
        "turns": [
            {
                "number": number,
                "speaker": turn.speaker,
                "text": segment.text[slice(*turn.span)],
                "span": list(turn.span),
                "start": _rounded(turn.time.start),
            }
            for number, turn in enumerate(segment.turns, segment.first_turn)
        ],
        "speakers": list(segment.speakers),
        "chapter": None
        if segment.chapter is None
        else {
            "number": segment.chapter,
            "title": segment.chapter_title,
            "start": _rounded(segment.chapter_start),
            "kind": segment.kind,
        },
        "time": time_as_dict(segment.time),
        "episode": episode_reference(episode, public_url),
        "links": _links_as_dict(to or links.to_segment(segment, episode), public_url),
        "citation": citation or links.citation(segment, episode),
    }


def segments_as_dict(asked: str, around: Iterable[Segment], episode: Episode, public_url: str = "") -> Plain:
    """The segment that was asked for among its neighbours, in order of speech."""
    return {"id": asked, "segments": [segment_as_dict(segment, episode, public_url=public_url) for segment in around]}


def verification_as_dict(verification: Verification, public_url: str = "") -> Plain:
    """What became of a quote: the verdict on its words, where they are said, and how that fits what was claimed."""
    return {
        "quote": verification.quote.text,
        "verdict": verification.verdict,
        "speaker": _claim_as_dict(verification.speaker),
        "episode": _claim_as_dict(verification.episode),
        "places": verification.places,
        "exhaustive": verification.exhaustive,
        "took_ms": round(verification.took * 1000, 1),
        "index": {"revision": verification.revision, "segments": verification.segments},
        "matches": [_match_as_dict(match, public_url) for match in verification.matches],
        "nearest": None if verification.nearest is None else _match_as_dict(verification.nearest, public_url),
    }


def _claim_as_dict(claim: Claim | None) -> Plain | None:
    return None if claim is None else {"claimed": claim.claimed, "agrees": claim.agrees, "really": list(claim.really)}


def _match_as_dict(match: Match, public_url: str) -> Plain:
    return {
        **segment_as_dict(match.segment, match.episode, match.links, match.citation, public_url),
        "verdict": match.occurrence.verdict,
        "span": list(match.segment.span),
        "sha256": match.sha256,
        "likeness": round(match.occurrence.likeness, 4),
        "differences": [_difference_as_dict(difference) for difference in match.occurrence.differences],
        "context": {"text": match.context, "span": list(match.within)},
    }


def _difference_as_dict(difference: Difference) -> Plain:
    return {
        "kind": difference.kind,
        "grave": difference.is_grave,
        "quoted": difference.quoted,
        "said": difference.said,
        "quoted_span": list(difference.quoted_span),
        "span": list(difference.span),
    }


def time_as_dict(time: Time) -> Plain:
    """Seconds, the clock a person reads, where the time comes from and how far off it may be."""
    return {
        "start": _rounded(time.start),
        "end": _rounded(time.end),
        "timestamp": None if time.start is None else write(time.start),
        "source": time.source,
        "error": _rounded(time.error),
    }


def episode_reference(episode: Episode, public_url: str = "") -> Plain:
    """An episode as excerpts and lists name it."""
    return {
        "id": episode.id,
        "podcast": episode.podcast,
        "podcast_title": episode.podcast_title,
        "title": episode.title,
        "published": episode.published and episode.published.isoformat(),
        "page_url": episode.page_url,
        "audio_url": links.to_audio(episode, public_url),
        "drift": _rounded(episode.drift),
        "transcribed": episode.transcribed,
    }


def episode_as_dict(
    episode: Episode, transcript: Transcript, speakers: Sequence[Speaker], public_url: str = ""
) -> Plain:
    """An episode with its chapters, who speaks in how many segments, and how well its times are known."""
    return {
        **episode_reference(episode, public_url),
        "description": episode.description,
        "duration": _rounded(episode.duration),
        "offset": _rounded(episode.offset),
        "editions": [
            {"name": edition.name, "url": edition.url, "offset": _rounded(edition.offset)}
            for edition in episode.editions
        ],
        "language": episode.language,
        "chapters": [chapter_as_dict(chapter) for chapter in episode.chapters],
        "speakers": [speaker_as_dict(speaker) for speaker in speakers],
        "people": [person_as_dict(person) for person in _each_once(episode.people)],
        "time": _time_quality(transcript.turns),
        "links": episode_links(episode, public_url),
    }


def episode_links(episode: Episode, public_url: str = "") -> Plain:
    """Where to go from an episode."""
    api = f"{public_url}/api/v1{links.to_episode(episode.id)}"
    return {
        "play": links.to_audio(episode, public_url),
        "read": links.to_episode(episode.id, public_url=public_url),
        "page": episode.page_url,
        "api": api,
        "transcript": f"{api}/transcript" if episode.transcribed else None,
    }


def chapter_as_dict(chapter: Chapter) -> Plain:
    """A chapter; ``empty`` when nothing of the transcript is spoken in it, ``source`` what stated it."""
    return {
        "number": chapter.number,
        "title": chapter.title,
        "start": _rounded(chapter.start),
        "end": _rounded(chapter.end),
        "timestamp": None if chapter.start is None else write(chapter.start),
        "kind": chapter.kind,
        "url": chapter.url,
        "source": chapter.source,
        "empty": chapter.span is None,
    }


def chapters_as_dict(chapters: Iterable[Chapter]) -> Plain:
    """Chapters in order; the empty ones are there too."""
    return {"chapters": [chapter_as_dict(chapter) for chapter in chapters]}


def transcript_as_dict(episode: Episode, transcript: Transcript) -> Plain:
    """Every turn in order, verbatim, with its time."""
    return {
        "episode": episode.id,
        "turns": [
            {
                "number": number,
                "speaker": turn.speaker,
                "text": transcript.said(turn.span),
                "span": list(turn.span),
                **time_as_dict(turn.time),
                "chapter": turn.chapter,
            }
            for number, turn in enumerate(transcript.turns)
        ],
    }


def podcast_as_dict(podcast: Podcast) -> Plain:
    return {"id": podcast.slug, "title": podcast.title, "episodes": podcast.episodes}


def speaker_as_dict(speaker: Speaker) -> Plain:
    """Somebody who is heard; ``episode`` only where it is an anonymous label, which means somebody else elsewhere."""
    return {
        "name": speaker.name,
        "segments": speaker.segments,
        "episodes": speaker.episodes,
        "role": speaker.role,
        "anonymous": speaker.is_anonymous,
        "episode": speaker.episode,
    }


def _each_once(people: Iterable[Person]) -> Iterable[Person]:
    """Each name as it is stated first: by hand before by a feed."""
    first: dict[str, Person] = {}
    for person in people:
        first.setdefault(person.name.casefold(), person)
    return first.values()


def person_as_dict(person: Person) -> Plain:
    return {"name": person.name, "role": person.role, "url": person.url}


def _answer_as_dict(answer: Answer) -> Plain:
    return {"text": answer.text, "span": list(answer.span), "time": time_as_dict(answer.time)}


def fitting(results: Sequence[Plain], tokens: int) -> int:
    """How many of these, from the first on, stay within a budget as JSON."""
    return bisect_right(list(accumulate(map(size_of, results))), tokens * CHARACTERS_A_TOKEN)


def size_of(result: Plain) -> int:
    """The characters of this as JSON."""
    return len(json.dumps(result, ensure_ascii=False, separators=(",", ":")))


def _links_as_dict(to: Links, public_url: str) -> Plain:
    """Links with an address of our own made complete where the library knew none."""
    return {
        "play": to.play and _complete(to.play, public_url),
        "read": _complete(to.read, public_url),
        "page": to.page,
        "api": _complete(to.api, public_url),
        "editions": [{"name": name, "play": play} for name, play in to.editions],
    }


def _complete(link: str, public_url: str) -> str:
    return f"{public_url}{link}" if link.startswith("/") else link


def _time_quality(turns: Sequence[Turn]) -> Mapping[str, Any]:
    """How many turns have a time, where the times come from, and the median of their errors in seconds."""
    errors = [turn.time.error for turn in turns if turn.time.error is not None]
    return {
        "turns": len(turns),
        "timed": sum(turn.time.start is not None for turn in turns),
        "sources": dict(Counter(turn.time.source for turn in turns).most_common()),
        "error": _rounded(median(errors)) if errors else None,
    }


def _rounded(seconds: float | None) -> float | None:
    """Milliseconds are as fine as any transcript is."""
    return None if seconds is None else round(seconds, 3)

"""What a chatbot's tools do: each asks the library one thing, as REST does, and answers within a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from app import tool_shapes as shapes
from app.documents import NOTICE, cited, document, in_context, quoted, reference
from app.turns import spoken_at, within
from playhead import cursors, linked, links, rendering
from playhead.engine import View
from playhead.library import Found, Library
from playhead.linking import link_notes
from playhead.model import Episode, Transcript
from playhead.query import Filters
from playhead.quotes import Quote
from playhead.rendering import CHARACTERS_A_TOKEN, fitting
from playhead.suggestions import suggest_chapters
from playhead.verifying import verify_quote

Plain = dict[str, Any]

NOT_COVERED = (
    "Nothing in this library is about that. Say so; or ask again in other words, if these were not the ones that "
    "people would say out loud."
)
NOT_WITHIN = (
    "Nothing is about that within the filters given. Ask again without them before you say that the library does not "
    "cover it."
)
RESPELLED = "Some words are said nowhere as they were spelled; suggestion has the nearest that are: ask that."
UNSPOKEN = "Nothing about that says what stands in quotes, word for word; ask again without the quotes."
NOBODY = "Nobody is called what was given as speaker; give whole names, as results have them."


MOST_NAMED = 50
"""Podcasts that a refusal names; an id is made of our letters, and of none of a stranger's words beyond them."""


class UsageError(Exception):
    """What an assistant did wrong, and what to do instead, in words of its own interface."""


def search(asked: shapes.Search, library: Library, public_url: str) -> Plain:
    """Passages that answer a question; as ChatGPT wants them where it is asked as ChatGPT asks."""
    if asked.podcast or asked.episode:
        _refuse_unknown(library.view(), asked.podcast, asked.episode)
    found = library.search(asked.asked())
    suggested = {"suggestion": found.suggestion} if found.suggestion else {}
    if found.no_answer:
        explanation = " ".join(_why_nothing(asked, found, library.view()))
        return {"results": [], "no_answer": True, "explanation": explanation, **suggested}
    answer = rendering.found_as_dict(found, public_url)
    if asked.include_text:
        results = [document(each, quoted(each)) for each in answer["results"]]
    else:
        results = [reference(each) for each in answer["results"]]
    if asked.is_plain:
        return {"results": results}
    shown = _shown(results, asked.max_tokens)
    following = found.query.offset + shown if shown < len(results) else found.next_offset
    return {
        "notice": NOTICE,
        "results": results[:shown],
        "no_answer": False,
        "left_out": len(results) - shown,
        "next": None if following is None else cursors.write(following, rendering.listing(found.query)),
        **suggested,
    }


def fetch(asked: shapes.Fetch, library: Library, public_url: str) -> Plain:
    """A passage among its neighbours, as a document."""
    view = library.view()
    segment = view.segment(asked.id)
    if segment is None:
        raise UsageError(
            f"id: there is no passage {asked.id[:80]!r}. Give an id as search gives it; a passage whose transcript was "
            "replaced is found by searching again, and a whole episode is read with get_transcript."
        )
    episode = _episode(view, segment.episode)
    around = view.neighbours(segment.id, asked.before, asked.after)
    passages = [rendering.segment_as_dict(each, episode, public_url=public_url) for each in around]
    at = next(place for place, each in enumerate(around) if each.id == segment.id)
    text, left_out = in_context(passages, at, asked.max_tokens)
    if left_out:
        text += f"\n\nLeft out, because max_tokens is {asked.max_tokens}: {left_out} of the passages around it."
    return document(passages[at], text)


def list_episodes(asked: shapes.ListEpisodes, library: Library, public_url: str) -> Plain:
    """Episodes, newest first, those without a date last."""
    filters = asked.filters()
    _refuse_unknown(library.view(), asked.podcast)
    listing = ("episodes", filters)
    offset = cursors.read(asked.cursor, listing)
    found = library.view().episodes(filters, offset, asked.limit + 1)
    episodes = [rendering.episode_reference(episode, public_url) for episode in found[: asked.limit]]
    return _part("episodes", episodes, asked.max_tokens, offset, listing, more=len(found) > asked.limit)


def get_transcript(asked: shapes.GetTranscript, library: Library, public_url: str) -> Plain:
    """What is said in an episode, turn by turn."""
    view = library.view()
    episode = _episode(view, asked.episode)
    transcript = _transcript(view, episode)
    room = asked.max_tokens * CHARACTERS_A_TOKEN
    listing = ("transcript", episode.id, episode.fingerprint)
    at = cursors.read(asked.cursor, listing) or spoken_at(transcript, asked.start, room)
    turns, at = within(rendering.transcript_as_dict(episode, transcript)["turns"], transcript, at, room)
    left = sum(turn.span[1] > at for turn in transcript.turns)
    return {
        "notice": NOTICE,
        "episode": cited(rendering.episode_reference(episode)),
        "url": links.to_episode(episode.id, public_url=public_url),
        "turns": turns,
        "left_out": left,
        "next": cursors.write(at, listing) if left else None,
    }


def get_chapters(asked: shapes.GetChapters, library: Library, public_url: str) -> Plain:
    """The chapters of an episode, or such as are suggested."""
    view = library.view()
    episode = _episode(view, asked.episode)
    if asked.suggest:
        transcript = _transcript(view, episode)
        episode = replace(episode, chapters=suggest_chapters(library.engine, episode, transcript))
    listing = ("chapters", episode.id, episode.fingerprint, asked.suggest)
    offset = cursors.read(asked.cursor, listing)
    chapters = rendering.chapters_as_dict(episode.chapters)["chapters"]
    return {
        "episode": cited(rendering.episode_reference(episode)),
        "url": links.to_episode(episode.id, public_url=public_url),
        **_part("chapters", chapters[offset:], asked.max_tokens, offset, listing),
    }


def verify(asked: shapes.VerifyQuote, library: Library, public_url: str) -> Plain:
    """Whether a quote was said; the first of its places that have room."""
    if asked.episode is not None:
        _transcript(library.view(), _episode(library.view(), asked.episode))
    found = verify_quote(library, Quote(asked.quote), asked.speaker, asked.episode)
    answer = rendering.verification_as_dict(found, public_url)
    shown = _shown(answer["matches"], asked.max_tokens)
    left_out = len(answer["matches"]) - shown
    return {"notice": NOTICE, **answer, "matches": answer["matches"][:shown], "left_out": left_out}


def link(asked: shapes.LinkNotes, library: Library, public_url: str) -> Plain:
    """When each line of show notes is talked about."""
    _transcript(library.view(), _episode(library.view(), asked.episode))
    found = linked.as_dict(link_notes(library, asked.episode, asked.notes, asked.written), (), public_url)
    listing = ("notes", asked.episode, asked.notes, asked.written)
    offset = cursors.read(asked.cursor, listing)
    part = _part("notes", found["notes"][offset:], asked.max_tokens, offset, listing)
    return {**{name: found[name] for name in ("episode", "written", "problems")}, **part}


def _why_nothing(asked: shapes.Search, found: Found, view: View) -> Iterator[str]:
    """What to tell whoever asked: that the library does not cover it, or what to ask before anybody says that."""
    phrases = found.query.filters.phrases
    if asked.is_narrowed:
        yield NOT_WITHIN
    elif not phrases and not found.suggestion:
        yield NOT_COVERED
    if found.undated:
        yield f"Left out by since and until, for they have no date: {found.undated:,} of the episodes."
    if any(not view.speakers(Filters(speaker=(name,), sponsors=True), 0, 1) for name in asked.speaker):
        yield NOBODY
    if phrases:
        yield UNSPOKEN
    if found.suggestion:
        yield RESPELLED


def _refuse_unknown(view: View, podcasts: Sequence[str], episodes: Sequence[str] = ()) -> None:
    """A filter by an id that is not there would find nothing, which is not what the library says."""
    known = [podcast.slug for podcast in view.podcasts()] if podcasts else []
    for podcast in podcasts:
        if podcast not in known:
            others = len(known) - MOST_NAMED
            more = f" and {others:,} more" if others > 0 else ""
            raise UsageError(
                f"podcast: there is no podcast {podcast[:80]!r}; the ids are {', '.join(known[:MOST_NAMED])}{more}."
            )
    for episode in episodes:
        _episode(view, episode)


def _episode(view: View, episode_id: str) -> Episode:
    episode = view.episode(episode_id)
    if episode is None:
        raise UsageError(f"episode: there is no episode {episode_id[:80]!r}; list_episodes gives the ids there are.")
    return episode


def _transcript(view: View, episode: Episode) -> Transcript:
    transcript = view.transcript(episode.id) if episode.transcribed else None
    if transcript is None:
        raise UsageError(f"episode: {episode.id} has no transcript yet, so nobody knows what is said in it.")
    return transcript


def _part(name: str, items: list[Plain], max_tokens: int, offset: int, listing: object, *, more: bool = False) -> Plain:
    """The first ``items`` that have room, and where to go on; ``more`` says that others follow them all."""
    shown = _shown(items, max_tokens)
    goes_on = more or shown < len(items)
    return {
        "notice": NOTICE,
        name: items[:shown],
        "left_out": len(items) - shown,
        "next": cursors.write(offset + shown, listing) if goes_on else None,
    }


def _shown(items: Sequence[Plain], max_tokens: int) -> int:
    return min(len(items), max(1, fitting(items, max_tokens)))

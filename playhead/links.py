"""Deep links: URLs that open an episode at a second.

A link starts a breath early, because landing a moment before the first word is pleasant and landing
after it is not: half the stated error, at most five seconds, never before the episode's start.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from playhead.model import Episode, Links, Segment, Time
from playhead.timestamps import write

MOST_EARLY = 5.0


_YOUTUBE_SECOND = re.compile(r"(?<=[?&])(?:t|start)=[^&]*(?:&|$)")


def landing(time: Time, offset: float = 0.0) -> int | None:
    """The whole second a link to ``time`` opens at, or None when the time is not known.

    ``offset`` is how many seconds later than the transcript's times the recording runs that is opened.
    """
    if time.start is None:
        return None
    return int(max(0.0, time.start + offset - min((time.error or 0.0) / 2, MOST_EARLY)))


def at(url: str | None, second: int | None) -> str | None:
    """``url`` opened at ``second``: ``?t=`` for YouTube, ``#t=95s`` for Vimeo, else the W3C media fragment ``#t=``."""
    if url is None or second is None:
        return url
    host, page = urlsplit(url).hostname or "", url.partition("#")[0]
    if host in ("youtu.be", "youtube.com") or host.endswith(".youtube.com"):
        page = _YOUTUBE_SECOND.sub("", page).rstrip("?&")
        return f"{page}{'&' if '?' in page else '?'}t={second}"
    return f"{page}#t={second}{'s' if host == 'vimeo.com' or host.endswith('.vimeo.com') else ''}"


def to_episode(episode_id: str, second: int | None = None, public_url: str = "") -> str:
    """Our own page of an episode, at ``second`` when it is known."""
    path = f"{public_url}/episodes/{quote(episode_id, safe='/')}"
    return path if second is None else f"{path}?t={second}"


def to_audio(episode: Episode, public_url: str = "") -> str | None:
    """The sound of an episode: our own copy where there is one, else what its publisher gives.

    Why a copy goes first: docs/design.md, "Which sound does a link play?".
    """
    if episode.audio_file is None:
        return episode.audio_url
    return f"{public_url}/audio/{quote(episode.id, safe='/')}"


def to_segment(segment: Segment, episode: Episode, public_url: str = "") -> Links:
    """Every place a listener can go from a segment."""
    second = landing(segment.time)
    read = to_episode(episode.id, second, public_url)
    if segment.kind == "notes":
        read = f"{read}#notes"
    elif second is None:
        read = f"{read}#turn-{segment.first_turn}"
    return Links(
        play=at(to_audio(episode, public_url), landing(segment.time, episode.offset)),
        read=read,
        page=episode.page_url,
        api=f"{public_url}/api/v1/segments/{segment.id}",
        editions=to_editions(episode, segment.time),
    )


def to_editions(episode: Episode, time: Time) -> tuple[tuple[str, str], ...]:
    """The other recordings of an episode, by name, each opened where it says what is said at ``time``."""
    return tuple(
        (edition.name, at(edition.url, landing(time, edition.offset)) or edition.url) for edition in episode.editions
    )


def citation(segment: Segment, episode: Episode) -> str:
    """``Pablo Galindo, The Changelog: Free-threaded, 29:41`` - who, where, when; or that it is from the show notes."""
    parts = [", ".join(segment.speakers[:3]), f"{episode.podcast_title}: {episode.title}"]
    if segment.time.start is not None:
        parts.append(write(segment.time.start))
    if segment.kind == "notes":
        parts.append("show notes")
    return ", ".join(part for part in parts if part)

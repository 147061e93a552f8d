"""Deep links: URLs that open an episode at a second.

A link starts a breath early, because landing a moment before the first word is pleasant and landing
after it is not: half the stated error, at most five seconds, never before the episode's start.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from playhead.model import Episode, Links, Segment, Time
from playhead.timestamps import write

MOST_EARLY = 5.0


def landing(time: Time) -> int | None:
    """The whole second a link to ``time`` opens at, or None when the time is not known."""
    if time.start is None:
        return None
    return int(max(0.0, time.start - min((time.error or 0.0) / 2, MOST_EARLY)))


def at(url: str | None, second: int | None) -> str | None:
    """``url`` opened at ``second``: ``?t=`` for YouTube, else the W3C media fragment ``#t=``."""
    if url is None or second is None:
        return url
    host = urlsplit(url).hostname or ""
    if host in ("youtu.be", "youtube.com") or host.endswith(".youtube.com"):
        return f"{url}{'&' if '?' in url else '?'}t={second}"
    return f"{url.partition('#')[0]}#t={second}"


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
        play=at(to_audio(episode, public_url), second),
        read=read,
        page=episode.page_url,
        api=f"{public_url}/api/v1/segments/{segment.id}",
    )


def citation(segment: Segment, episode: Episode) -> str:
    """``Pablo Galindo, The Changelog: Free-threaded, 29:41`` - who, where, when; or that it is from the show notes."""
    parts = [", ".join(segment.speakers[:3]), f"{episode.podcast_title}: {episode.title}"]
    if segment.time.start is not None:
        parts.append(write(segment.time.start))
    if segment.kind == "notes":
        parts.append("show notes")
    return ", ".join(part for part in parts if part)

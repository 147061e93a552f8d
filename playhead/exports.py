"""An episode's transcript out again, in forms other tools read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playhead.links import landing, to_episode
from playhead.model import Chapter, Episode, Transcript
from playhead.timestamps import write

# Speech is data: nothing somebody said may become markup in somebody's page.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#~|&!]")
_LIST_ITEM = re.compile(r"^(\s*\d*)([-+=.)])", re.MULTILINE)


def text(transcript: Transcript) -> str:
    """Plain text: one paragraph a turn, the speaker's name before it."""
    said = (
        f"{turn.speaker}: {transcript.said(turn.span)}" if turn.speaker else transcript.said(turn.span)
        for turn in transcript.turns
    )
    return "\n\n".join(said) + "\n"


def markdown(episode: Episode, transcript: Transcript, public_url: str = "") -> str:
    """Markdown: a heading a chapter, empty ones too; each turn with its speaker and a link to its second."""
    return "\n\n".join(_blocks(episode, transcript, public_url)) + "\n"


def _blocks(episode: Episode, transcript: Transcript, public_url: str) -> Iterator[str]:
    yield f"# {escape(episode.title)}"
    published = f", {episode.published.isoformat()}" if episode.published else ""
    yield f"{escape(episode.podcast_title)}{published}"
    waiting = list(episode.chapters)
    for turn in transcript.turns:
        while waiting and turn.chapter is not None and waiting[0].number <= turn.chapter:
            yield _heading(waiting.pop(0))
        if turn.speaker or turn.time.start is not None:
            name = f"**{escape(turn.speaker)}**" if turn.speaker else ""
            link = to_episode(episode.id, landing(turn.time), public_url)
            clock = "" if turn.time.start is None else f"[{write(turn.time.start)}]({link})"
            yield " ".join(part for part in (name, clock) if part)
        yield escape(transcript.said(turn.span)).replace("\n", "\n\n")
    yield from map(_heading, waiting)


def _heading(chapter: Chapter) -> str:
    clock = "" if chapter.start is None else f" ({write(chapter.start)})"
    return f"## {escape(chapter.title)}{clock}"


def escape(said: str) -> str:
    """``said`` so that Markdown shows it as it is.

    >>> escape("1. see [this](javascript:x) <b>")
    '1\\\\. see \\\\[this\\\\](javascript:x) \\\\<b\\\\>'
    """
    return _LIST_ITEM.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", said))

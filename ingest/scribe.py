"""Takes a transcript down: formats say who speaks, what and when; the scribe keeps one clean text with spans.

Every format writes through a scribe, so text is cleaned at one door and every span is right by construction.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

from playhead.errors import TranscriptError
from playhead.model import Break, Span, Stamp, Transcript, Turn
from playhead.text import clean

PARAGRAPH = "\n"
"""Between paragraphs of one turn; turns are joined by a blank line."""

LONGEST_TALK = 12_000_000
"""Characters of the longest transcript there can be: a week, as in `ingest.values`, at 200 words a minute."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")


def plain(text: str) -> str:
    """``text`` with its HTML entities decoded once, and cleaned."""
    return clean(_ENTITY.sub(lambda entity: html.unescape(entity.group()), text))


def _said(words: str) -> str:
    """``words`` as they are kept. Cleaning takes memory, so more than anybody says is refused before."""
    if len(words) > LONGEST_TALK:
        millions = f"{len(words) / 1e6:.0f} million characters"
        raise TranscriptError(f"one piece of what is said has {millions}, more than anybody says in a week")
    return plain(words)


class Scribe:
    """Call ``turn`` when somebody begins to speak, then ``say``, ``stamp`` and ``rest`` in the file's order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._turns: list[Turn] = []
        self._stamps: list[Stamp] = []
        self._breaks: list[Break] = []
        self._speaker: str | None = None
        self._opening = True
        self._joint = " "

    @property
    def speakers(self) -> set[str]:
        """Everybody who has had a turn so far."""
        return {turn.speaker for turn in self._turns if turn.speaker} | ({self._speaker} if self._speaker else set())

    @property
    def speaker(self) -> str | None:
        """Who is speaking now."""
        return self._speaker

    def turn(self, speaker: str | None) -> None:
        """From here on ``speaker`` talks. A turn without words leaves no trace."""
        self._speaker = plain(speaker) or None if speaker else None
        self._opening = True

    def paragraph(self) -> None:
        """The same speaker goes on in a new paragraph."""
        self._joint = PARAGRAPH

    def say(self, words: str, raw: Span | None = None) -> None:
        """``words`` are spoken; ``raw`` is where they stand in the file."""
        words = _said(words)
        if not words:
            return
        start = self._place()
        end = start + len(words)
        if self._length:
            self._parts.append(self._before())
        self._parts.append(words)
        self._length = end
        if self._opening:
            self._turns.append(Turn(self._speaker, (start, end), raw=raw))
            self._opening = False
        else:
            last = self._turns[-1]
            grown = raw if last.raw is None else last.raw if raw is None else (last.raw[0], raw[1])
            self._turns[-1] = replace(last, span=(last.span[0], end), raw=grown)
        self._joint = " "

    def stamp(self, seconds: float, error: float = 0.5, line: int | None = None) -> None:
        """The next word is spoken at ``seconds``."""
        self._stamps.append(Stamp(self._place(), seconds, error, line=line))

    def cue(
        self, start: float, end: float | None, words: str, line: int | None = None, raw: Span | None = None
    ) -> None:
        """``words`` are spoken from ``start`` to ``end`` seconds."""
        if _said(words):
            self._stamps.append(Stamp(self._place(), start, error=0.1, until=end, kind="cue", line=line))
            self.say(words, raw)

    def rest(self, kind: str, start: float | None = None, end: float | None = None, line: int | None = None) -> None:
        """Audio without text comes here: a sponsor, a jingle, a clip. The next words open a new turn."""
        self._opening = True
        self._breaks.append(Break(self._place(), kind.casefold(), start, end, line))

    def transcript(self) -> Transcript:
        """All that was taken down. Marks after the last word stand at the end of the text."""
        end = self._length
        return Transcript(
            text="".join(self._parts),
            turns=tuple(self._turns),
            stamps=tuple(replace(stamp, at=min(stamp.at, end)) for stamp in self._stamps),
            breaks=tuple(replace(pause, at=min(pause.at, end)) for pause in self._breaks),
        )

    def _before(self) -> str:
        """What parts the next word from the one before it."""
        return "\n\n" if self._opening else self._joint

    def _place(self) -> int:
        """Where the next word will stand."""
        return self._length + (len(self._before()) if self._length else 0)

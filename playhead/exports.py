"""An episode's transcript and chapters out again, in forms other tools read, and `ingest` too. Pure.

Most forms cannot say that a time is not known. Nothing is guessed for them: they are refused, and why is said.
`TRANSCRIPTS` and `CHAPTERS` are the forms there are, for every door.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape as as_text
from itertools import pairwise
from xml.etree import ElementTree

from playhead import rendering
from playhead.errors import InvalidQueryError
from playhead.links import landing, to_episode
from playhead.model import Chapter, Episode, Sentence, Time, Transcript, Turn
from playhead.timestamps import write, write_precise

# Speech is data: nothing somebody said may become markup in somebody's page.
# Addresses too: GitHub's Markdown makes links of them (https://github.github.com/gfm/#autolinks-extension-).
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#~|&!@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_LIST_ITEM = re.compile(r"^([^\S\n]*\d*)([-+=.)])", re.MULTILINE)
_FFMETADATA, _ESCAPED = re.compile(r"[=;#\\]"), r"\\\g<0>"
# SubRip and YouTube's descriptions know no other way to write these.
_NO_BRACKETS = str.maketrans("<>", "‹›")
_LIKE_A_NAME = re.compile(r"[^:]{1,50}: ")
# Characters that no XML 1.0 document may hold.
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

PODLOVE = "http://podlove.org/simple-chapters"
ElementTree.register_namespace("psc", PODLOVE)

SHORTEST_CUE = 0.001
"""A cue ends after it starts, says WebVTT; a word between two equal stamps takes no time."""

FEWEST_CHAPTERS, SHORTEST_CHAPTER, LONGEST_DESCRIPTION = 3, 10, 5000
"""What YouTube asks of chapters, in seconds, and of a description that holds them, in bytes."""

NOBODY_KNOWN = "---"
"""The ruled line above words in Markdown that nobody is named for, at a time nobody knows."""


def text(transcript: Transcript) -> str:
    """Plain text: one paragraph a turn, the speaker's name before it."""
    said = (
        f"{turn.speaker}: {transcript.said(turn.span)}" if turn.speaker else transcript.said(turn.span)
        for turn in transcript.turns
    )
    return "\n\n".join(said) + "\n"


def markdown(episode: Episode, transcript: Transcript, public_url: str = "") -> str:
    """Markdown: a heading a chapter, empty ones too; each turn with its speaker and a link to its second.

    `ingest.formats.playhead_markdown` reads it back.
    """
    return "\n\n".join(_blocks(episode, transcript, public_url)) + "\n"


def _blocks(episode: Episode, transcript: Transcript, public_url: str) -> Iterator[str]:
    yield f"# {escape(_line(episode.title))}"
    published = f", {episode.published.isoformat()}" if episode.published else ""
    here = to_episode(episode.id, public_url=public_url)
    yield f"{escape(_line(episode.podcast_title))}{published}, [{escape(episode.id)}]({here})"
    waiting = list(episode.chapters)
    for turn in transcript.turns:
        while waiting and turn.chapter is not None and waiting[0].number <= turn.chapter:
            yield _heading(waiting.pop(0))
        name = f"**{escape(_line(turn.speaker))}**" if turn.speaker else ""
        link = to_episode(episode.id, landing(turn.time), public_url)
        clock = "" if turn.time.start is None else f"[{write(turn.time.start)}]({link})"
        yield " ".join(part for part in (name, clock) if part) or NOBODY_KNOWN
        yield escape(transcript.said(turn.span)).replace("\n", "\n\n")
    yield from map(_heading, waiting)


def _heading(chapter: Chapter) -> str:
    title = escape(_line(chapter.title))
    if chapter.start is None:
        # What stands in brackets at the end is a time, so that what only looks like one must not.
        return "## " + title.replace("(", r"\(")
    return f"## {title} ({write(chapter.start)})"


def escape(said: str) -> str:
    """``said`` so that Markdown shows it as it is.

    >>> escape("1. see [this](javascript:x) <b>")
    '1\\\\. see \\\\[this\\\\](javascript:x) \\\\<b\\\\>'
    """
    return _LIST_ITEM.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", said))


# Captions.


@dataclass(frozen=True, slots=True)
class Cue:
    """A sentence with its time in seconds; ``opens`` when a turn begins with it."""

    speaker: str | None
    words: str
    start: float
    end: float
    opens: bool


def webvtt(transcript: Transcript) -> str:
    """WebVTT: a cue a sentence, each in its speaker's voice. InvalidQueryError where words have no time.

    https://www.w3.org/TR/webvtt1/
    """
    blocks = ["WEBVTT"]
    for cue in _cues(transcript, "WebVTT"):
        voice = f"<v {as_text(_line(cue.speaker), quote=False)}>" if cue.speaker else ""
        times = f"{write_precise(cue.start)} --> {write_precise(cue.end)}"
        blocks.append(f"{times}\n{voice}{as_text(cue.words, quote=False)}")
    return "\n\n".join(blocks) + "\n"


def subrip(transcript: Transcript) -> str:
    """SubRip: a cue a sentence, the speaker's name where a turn begins. InvalidQueryError where words have no time.

    That a name goes before a colon is convention alone, so it also goes before words that would pass for a name.
    Nor can words in angle brackets be told from markup: they come in single quotes of that shape, ``‹b›``.
    """
    blocks = []
    for number, cue in enumerate(_cues(transcript, "SubRip"), 1):
        name = f"{_line(cue.speaker)}: " if cue.speaker and (cue.opens or _LIKE_A_NAME.match(cue.words)) else ""
        times = f"{write_precise(cue.start, comma=True)} --> {write_precise(cue.end, comma=True)}"
        blocks.append(f"{number}\n{times}\n{f'{name}{cue.words}'.translate(_NO_BRACKETS)}")
    return "\n\n".join(blocks) + "\n"


def _cues(transcript: Transcript, form: str) -> Iterator[Cue]:
    parts = list(_parts(transcript))
    untimed = sum(time.start is None for _, time, _, _ in parts)
    if untimed:
        raise InvalidQueryError(
            f"The times of {untimed:,} of {len(parts):,} sentences are not known, and {form} has no way to say that; "
            "ask for json, text or markdown.",
            "format",
        )
    for turn, time, words, opens in parts:
        start = time.start or 0.0
        yield Cue(turn.speaker, words, start, max(time.end or start, start + SHORTEST_CUE), opens)


def _parts(transcript: Transcript) -> Iterator[tuple[Turn, Time, str, bool]]:
    """Every word of the transcript once, with its sentence's time; with its turn's where sentences are not known.

    Whoever reads captions puts a space between two of them, so a sentence is cut off only where there is one: not
    inside ``sys._getframe``.
    """
    starts = [sentence.span[0] for sentence in transcript.sentences]
    for turn in transcript.turns:
        first, last = turn.span
        said: list[list[Sentence | Turn]] = []
        for sentence in transcript.sentences[bisect_left(starts, first) : bisect_left(starts, last)] or [turn]:
            if said and not transcript.text[sentence.span[0] - 1].isspace():
                said[-1].append(sentence)
            else:
                said.append([sentence])
        edges = [first, *(part[0].span[0] for part in said[1:]), last]
        for place, (part, span) in enumerate(zip(said, pairwise(edges), strict=True)):
            yield turn, replace(part[0].time, end=part[-1].time.end), _line(transcript.said(span)), place == 0


# Chapters.


def json_chapters(episode: Episode) -> str:
    """Podcasting 2.0 JSON chapters, version 1.2. InvalidQueryError where a chapter has no time.

    https://github.com/Podcastindex-org/podcast-namespace/blob/main/chapters/jsonChapters.md
    """
    chapters = [
        {"startTime": round(start, 3), "title": chapter.title}
        | ({"endTime": round(chapter.end, 3)} if chapter.end is not None and chapter.end > start else {})
        | ({"url": chapter.url} if _is_web(chapter.url) else {})
        for chapter, start, _ in _timed(episode, "JSON chapters")
    ]
    about = {"version": "1.2.0", "title": episode.title, "podcastName": episode.podcast_title}
    return _json({**about, "chapters": chapters})


def podlove(episode: Episode) -> str:
    """Podlove Simple Chapters, version 1.2. InvalidQueryError where a chapter has no time.

    https://podlove.org/simple-chapters/
    """
    root = ElementTree.Element(f"{{{PODLOVE}}}chapters", version="1.2")
    for chapter, start, _ in _timed(episode, "Podlove Simple Chapters"):
        attributes = {"start": write_precise(start), "title": _NO_XML.sub("", chapter.title)}
        if chapter.url and _is_web(chapter.url):
            attributes["href"] = _NO_XML.sub("", chapter.url)
        ElementTree.SubElement(root, f"{{{PODLOVE}}}chapter", attributes)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def youtube(episode: Episode) -> str:
    """Lines for the description of a video. InvalidQueryError names every rule of YouTube's that these would break.

    Angle brackets, which a description may not hold, come as ‹›.
    """
    timed = _timed(episode, "YouTube")
    lines = "".join(f"{write(start)} {_line(chapter.title).translate(_NO_BRACKETS)}\n" for chapter, start, _ in timed)
    broken = list(_broken_rules(timed, lines))
    if broken:
        raise InvalidQueryError(f"YouTube would ignore these chapters: {'; '.join(broken)}.", "format")
    return lines


def _broken_rules(timed: Sequence[tuple[Chapter, float, float | None]], lines: str) -> Iterator[str]:
    """YouTube's rules that are broken, in words; whole seconds are all it reads.

    https://support.google.com/youtube/answer/9884579, and for the length of a description
    https://developers.google.com/youtube/v3/docs/videos#snippet.description
    """
    if len(timed) < FEWEST_CHAPTERS:
        yield f"it wants at least {FEWEST_CHAPTERS}, and there are {len(timed)}"
    if timed and int(timed[0][1]) > 0:
        yield f"the first must start at 0:00, and {_named(timed[0][0])} starts at {write(timed[0][1])}"
    for chapter, start, following in timed:
        seconds = SHORTEST_CHAPTER if following is None else int(following) - int(start)
        if seconds < 0:
            yield f"they must be in order of time, and what follows {_named(chapter)} starts before it"
        elif seconds < SHORTEST_CHAPTER:
            yield f"each must last {SHORTEST_CHAPTER} seconds, and {_named(chapter)} lasts {seconds}"
    size = len(lines.encode())
    if size > LONGEST_DESCRIPTION:
        yield f"a description has {LONGEST_DESCRIPTION:,} bytes at most, and these lines have {size:,}"


def ffmetadata(episode: Episode) -> str:
    """Chapters as FFmpeg reads them into a file. InvalidQueryError where a chapter has no start or no end.

    https://ffmpeg.org/ffmpeg-formats.html#Metadata-2
    """
    blocks = [f";FFMETADATA1\ntitle={_metadata(episode.title)}\n"]
    for chapter, start, end in _ended(episode, "FFmpeg"):
        times = f"START={round(start * 1000)}\nEND={round(end * 1000)}"
        blocks.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={_metadata(chapter.title)}\n")
    return "\n".join(blocks)


def _metadata(title: str) -> str:
    return _FFMETADATA.sub(_ESCAPED, _line(title))


def webvtt_chapters(episode: Episode) -> str:
    """Chapters as a WebVTT track of them: a cue a chapter. InvalidQueryError where one has no start or no end.

    https://www.w3.org/TR/webvtt1/#introduction-chapters; the first line says what kind of track it is, which nothing
    else in a file can.
    """
    blocks = ["WEBVTT chapters"]
    for chapter, start, end in _ended(episode, "WebVTT"):
        times = f"{write_precise(start)} --> {write_precise(max(end, start + SHORTEST_CUE))}"
        blocks.append(f"{chapter.number}\n{times}\n{as_text(_line(chapter.title), quote=False)}")
    return "\n\n".join(blocks) + "\n"


def _ended(episode: Episode, form: str) -> Iterator[tuple[Chapter, float, float]]:
    """The chapters, each with its start and its end, by its own word or by where the next begins."""
    for chapter, start, following in _timed(episode, form):
        end = following if chapter.end is None else chapter.end
        if end is None:
            raise InvalidQueryError(
                f"It is not known when {_named(chapter)} ends, and {form} has no way to say that; ask for json.",
                "format",
            )
        yield chapter, start, max(start, end)


def _timed(episode: Episode, form: str) -> list[tuple[Chapter, float, float | None]]:
    """The chapters, each with its start and that of the next; the last with the episode's end. All of them or none."""
    starts: list[float] = []
    for chapter in episode.chapters:
        if chapter.start is None:
            raise InvalidQueryError(
                f"It is not known when {_named(chapter)} starts, and {form} has no way to say that; ask for json.",
                "format",
            )
        starts.append(chapter.start)
    return list(zip(episode.chapters, starts, [*starts, episode.duration][1:], strict=True))


def _named(chapter: Chapter) -> str:
    return f"chapter {chapter.number}, “{_line(chapter.title)[:80]}”,"


def _is_web(url: str | None) -> bool:
    return url is not None and url.startswith(("https://", "http://"))


def _line(said: str) -> str:
    """``said`` on one line: a line break would end a cue, a voice or a title."""
    return " ".join(said.split())


# The forms there are.


@dataclass(frozen=True, slots=True)
class Form:
    """A form with its media type. ``write`` is given an episode, its transcript and the address of our own links."""

    media_type: str
    write: Callable[[Episode, Transcript, str], str]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


TRANSCRIPTS: dict[str, Form] = {
    "json": Form("application/json", lambda episode, said, _: _json(rendering.transcript_as_dict(episode, said))),
    "text": Form("text/plain", lambda _, said, __: text(said)),
    "markdown": Form("text/markdown", markdown),
    "vtt": Form("text/vtt", lambda _, said, __: webvtt(said)),
    "srt": Form("application/x-subrip; charset=utf-8", lambda _, said, __: subrip(said)),
}
CHAPTERS: dict[str, Form] = {
    "json": Form("application/json", lambda episode, _, __: _json(rendering.chapters_as_dict(episode.chapters))),
    "json-chapters": Form("application/json+chapters", lambda episode, _, __: json_chapters(episode)),
    "psc": Form("application/xml", lambda episode, _, __: podlove(episode)),
    "youtube": Form("text/plain", lambda episode, _, __: youtube(episode)),
    "ffmetadata": Form("text/plain", lambda episode, said, _: ffmetadata(_with_end(episode, said))),
    "vtt": Form("text/vtt", lambda episode, said, _: webvtt_chapters(_with_end(episode, said))),
}


def _with_end(episode: Episode, transcript: Transcript) -> Episode:
    """An episode of which nobody says how long it is lasts until its last word, as far as that is known."""
    spoken = [turn.time.end for turn in transcript.turns if turn.time.end is not None]
    return episode if episode.duration is not None or not spoken else replace(episode, duration=max(spoken))

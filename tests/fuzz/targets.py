"""What a stranger's bytes are given to, one reader each, and what must hold whatever they are.

A target takes bytes and either reads them, or says why not in one clear line (`REFUSALS`). Any other error is a bug.
`tests/fuzz/test_fuzz.py` tries them in the suite, `python -m tests.fuzz` for as long as is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from ingest import front_matter, id3, mp4, outlines, speakers_file
from ingest.encodings import decode
from ingest.feeds import read_feed
from ingest.formats import Format, known, read
from ingest.reading import Problem, Reading
from ingest.word import is_package, read_word
from playhead import cursors, timestamps
from playhead.errors import InputError, InvalidQueryError, SettingsError
from playhead.notes import read_notes
from playhead.query import quoted
from playhead.text import clean, slug, words

Target = Callable[[bytes], object]

REFUSALS = (InputError, InvalidQueryError, SettingsError)
HERE = Path(__file__).parent


def _is_sample(path: Path) -> bool:
    is_twin = path.suffix == ".json" and path.with_suffix("").exists()
    return path.is_file() and "__pycache__" not in path.parts and not is_twin


SAMPLES = sorted(filter(_is_sample, (HERE.parent / "formats").glob("*/*")))


def text_of(data: bytes) -> str:
    """What stands in a file of these bytes; raises InputError where it is no text."""
    text = read_word(data) if is_package(data) else decode(data)
    if text is None:
        raise InputError("this is no text")
    return text


def check(reading: Reading) -> None:
    """What holds of everything that is ever read."""
    for problem in reading.problems:
        assert problem.message
        assert "\n" not in problem.message
        assert problem.line is None or problem.line > 0
    for chapter in reading.chapters:
        chapter.title.encode()
        assert chapter.start >= 0
    transcript = reading.transcript
    if transcript is None:
        return
    transcript.text.encode()  # no half a character
    assert clean(transcript.text) == transcript.text or "\n\n" in transcript.text
    assert "\n\n".join(transcript.said(turn.span) for turn in transcript.turns) == transcript.text
    for mark in (*transcript.stamps, *transcript.breaks):
        assert 0 <= mark.at <= len(transcript.text)


def _file(data: bytes) -> None:
    check(read(text_of(data), "a"))


def _as(chosen: Format) -> Target:
    def parse(data: bytes) -> None:
        text = text_of(data)
        chosen.looks_like(text)
        check(chosen.parse(text))

    return parse


def _feed(data: bytes) -> None:
    for item in read_feed(text_of(data), "https://harbour.example.org/feed").items:
        slug(item.stem).encode()


def _matter(data: bytes) -> None:
    found = front_matter.find_matter(text_of(data))
    if found:
        check(front_matter.read_matter(found))


def _sound(data: bytes) -> None:
    problems: list[Problem] = []
    id3.chapters_in(data, problems)
    id3.title_in(data)
    movie = mp4.movie_of(BytesIO(data))
    if movie:
        mp4.duration_of(movie)
        mp4.title_of(movie)
        mp4.chapters_in(movie, BytesIO(data), problems)


def _question(data: bytes) -> None:
    text = data.decode("utf-8", "surrogatepass") if data.isascii() else data.decode("utf-8", "replace")
    for part in (*quoted(text), *words(text), clean(text), slug(text)):
        part.encode()
    cursors.read(clean(text) or None, "")


def _clock(data: bytes) -> None:
    seconds = timestamps.parse(data.decode("latin-1"))
    assert seconds is None or seconds >= 0


TARGETS: dict[str, Target] = {
    "file": _file,
    "feed": _feed,
    "matter": _matter,
    "outlines": lambda data: outlines.read_outlines(text_of(data)),
    "speakers": lambda data: speakers_file.parse(text_of(data), "speakers.toml"),
    "notes": lambda data: read_notes(text_of(data)),
    "sound": _sound,
    "question": _question,
    "clock": _clock,
    **{f"format-{each.name}": _as(each) for each in known()},
}


def attempt(target: Target, data: bytes) -> str | None:
    """What a target says to these bytes: None where it read them, else its refusal, which is one clear line."""
    try:
        target(data)
    except REFUSALS as refusal:
        said = str(refusal)
        assert said
        assert "\n" not in said, said
        return said
    return None

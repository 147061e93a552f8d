"""What a file is, how sure that is, what was read of it, and what was not; and what the files of a folder are for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePath
from typing import Any, Literal

from ingest.files import Role, is_notes, read_text, role_of, weigh
from ingest.folders import find
from ingest.formats import Verdict, known, read_as
from ingest.precedence import choose
from ingest.reading import Facts, Problem, Reading, first_stated
from ingest.sheets import read_sheet
from ingest.sound import REMEDY, Sound, heard, read_sound
from ingest.sources import Source, Unreadable, read
from ingest.speakers_file import parse
from playhead.errors import InputError, SettingsError
from playhead.model import Chapter, Person, Transcript

NAMES = "speakers.toml"
MOST_SHOWN = 100
"""So many characters of a line that was not understood are repeated."""

Sure = Literal["certain", "likely"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A file as `playhead doctor` sees it. ``considered`` are other formats, and why each is not the one."""

    path: Path
    kind: str
    title: str
    role: Role
    sure: Sure
    why: str
    reading: Reading
    considered: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()

    def line_of(self, problem: Problem) -> str | None:
        """The line that a problem is about, as it stands in the file."""
        if problem.line is None or not 0 < problem.line <= len(self.lines):
            return None
        line = self.lines[problem.line - 1].strip()
        return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}…"


def diagnose(path: Path) -> Diagnosis:
    """What the file at ``path`` is and says. Raises InputError for one that cannot be read or is in no format."""
    if path.name.casefold() == NAMES:
        return _named(path)
    role = role_of(path)
    if role == "audio":
        sound = read_sound(path)
        why = "its name says so" if sound else f"its name says so; how long it plays is told after {REMEDY}"
        return Diagnosis(path, "sound", "what a listener hears", role, "certain", why, heard(sound or Sound()))
    text = read_text(path)
    lines = tuple(text.split("\n"))
    if role == "sheet":
        why = "its name says so"
        return Diagnosis(
            path, "sheet", "what is stated of an episode", role, "certain", why, read_sheet(path).reading, (), lines
        )
    verdict = weigh(text, path)
    reading = read_as(verdict.format, text, str(path))
    sure: Sure = "certain" if verdict.is_certain else "likely"
    why = "its name says so, and nobody speaks in it" if role == "notes" and is_notes(path) else _why(verdict, path)
    return Diagnosis(
        path, verdict.format.name, verdict.format.title, role, sure, why, reading,
        tuple(_considered(verdict, path)), lines,
    )  # fmt: skip


def _named(path: Path) -> Diagnosis:
    """The file of speakers, which goes with a library and not with an episode."""
    text = read_text(path)
    try:
        entries = parse(text, str(path)).entries
    except SettingsError as error:
        raise InputError(str(error)) from error
    people = tuple(Person(entry.name, entry.role) for entry in entries)
    reading = Reading("speakers", facts=Facts(people=people or None))
    return Diagnosis(
        path, "speakers", "names given to speakers by hand", "sheet", "certain", "its name says so", reading
    )


def _why(verdict: Verdict, path: PurePath) -> str:
    if verdict.is_certain:
        return f"of {len(known())} formats only this one's signature is there"
    rivals = " and ".join(each.name for each in verdict.rivals)
    return f"{rivals} would fit as well, but the name ends in {path.suffix}"


def _considered(verdict: Verdict, path: PurePath) -> Iterable[tuple[str, str]]:
    """The formats that the text, or the file's name, could have been in."""
    for each in known():
        if each in verdict.rivals:
            yield each.name, f"its signature is there, but its files end in {' or '.join(each.suffixes)}"
        elif each is not verdict.format and path.suffix.casefold() in each.suffixes:
            yield each.name, "its signature is not there"


def as_dict(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis for a program: everything there is, seconds as numbers."""
    reading = diagnosis.reading
    return {
        "file": str(diagnosis.path),
        "format": diagnosis.kind,
        "is": diagnosis.title,
        "for": diagnosis.role,
        "sure": diagnosis.sure,
        "why": diagnosis.why,
        "considered": [{"format": name, "why_not": why} for name, why in diagnosis.considered],
        **_counts(reading.transcript),
        "chapters": [_chapter(each) for each in reading.chapters],
        "feeds": list(reading.feeds),
        "facts": _facts(reading.facts),
        "problems": [
            {"line": problem.line, "message": problem.message, "text": diagnosis.line_of(problem)}
            for problem in reading.problems
        ],
    }


def _counts(transcript: Transcript | None) -> dict[str, Any]:
    if transcript is None:
        return {
            "turns": 0,
            "words": 0,
            "speakers": {},
            "cues": 0,
            "stamps": 0,
            "breaks": {},
            "first": None,
            "last": None,
        }
    kinds = Counter(stamp.kind for stamp in transcript.stamps)
    stamps = transcript.stamps
    last = max((max(each.seconds, each.until or 0.0) for each in stamps), default=None)
    return {
        "turns": len(transcript.turns),
        "words": len(transcript.text.split()),
        "speakers": dict(Counter(turn.speaker for turn in transcript.turns if turn.speaker).most_common()),
        "cues": kinds["cue"],
        "stamps": kinds["stamp"],
        "breaks": dict(Counter(pause.kind for pause in transcript.breaks)),
        "first": min((each.seconds for each in stamps), default=None),
        "last": last,
    }


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {"start": chapter.start, "title": chapter.title, "kind": chapter.kind, "source": chapter.source}


def _facts(facts: Facts) -> dict[str, Any]:
    """What is stated, by name; people and editions by theirs."""
    stated = {each.name: getattr(facts, each.name) for each in fields(facts)}
    return {name: _plain(value) for name, value in stated.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [each.name for each in value]
    return value if isinstance(value, str | float | int) else str(value)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which files make which episode, what cannot be one and why, and the files that nobody takes."""

    episodes: tuple[Source, ...]
    unreadable: tuple[Unreadable, ...]
    left: tuple[Path, ...]


def pair(paths: Sequence[Path]) -> Pairing:
    """How an ingest of ``paths`` would pair their files. Raises InputError for a path that is not there."""
    found = list(find(paths))
    episodes = tuple(each for each in found if isinstance(each, Source))
    unreadable = tuple(each for each in found if isinstance(each, Unreadable))
    taken = {part for each in episodes for file in each.parts for part in (file.path, *file.instead)}
    taken |= {each.path for each in unreadable}
    return Pairing(episodes, unreadable, tuple(file for path in paths for file in _files(path) if file not in taken))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    below = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return sorted(each for each in below if _can_be_seen(each) and not _is_hidden(each, path))


def _can_be_seen(path: Path) -> bool:
    """Whether it is a file; of one in a folder that nobody may enter, the folder is reported."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(name.startswith(".") for name in file.relative_to(folder).parts)


@dataclass(frozen=True, slots=True)
class Chosen:
    """How many chapters an episode has, what stated them, and what is passed over for them, in words."""

    count: int = 0
    sources: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()


def chapters_of(source: Source) -> Chosen:
    """Which of the chapters that its files state would count; none where its files cannot be read."""
    try:
        readings = read(source)
    except InputError:
        return Chosen()
    facts = first_stated([source.sheet, *(reading.facts for reading in readings)])
    choice = choose(readings, facts.description, facts.duration)
    sources = dict.fromkeys(chapter.source for chapter in choice.chapters if chapter.source)
    return Chosen(len(choice.chapters), tuple(sources), choice.passed_over)


def pairing_as_dict(pairing: Pairing, path: Path) -> dict[str, Any]:
    """A pairing for a program."""
    return {
        "folder": str(path),
        "episodes": [
            {
                "id": each.episode_id,
                "transcribed": each.has_words,
                "files": [{"file": str(part.path), "for": part.role} for part in each.parts],
                "chapters": asdict(chapters_of(each)),
            }
            for each in pairing.episodes
        ],
        "unreadable": [{"file": each.name, "message": str(each.error)} for each in pairing.unreadable],
        "left": [{"file": str(each), "why": why_left(each)} for each in pairing.left],
    }


def why_left(path: Path) -> str:
    """Why no episode takes a file, and what would change that."""
    try:
        role = role_of(path)
    except InputError:
        return "it is passed over: no transcript, chapters, sound or sheet by its name"
    if role == "feed":
        return "it says which files belong to which of its episodes"
    if role in ("transcript", "page"):
        return "it is passed over, though it could be read; name it, or call it as its episode is called"
    return f"it is for an episode ({role}), and none beside it is called so"

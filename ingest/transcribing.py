"""Sound -> a transcript that its owner keeps: beside the sound where that lies here, else in a folder of transcripts.

A file that is there already is not made again, so a run that was stopped goes on where it stopped, and words that
somebody corrected stay corrected. Nobody is named in it: Whisper does not tell voices apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.fetch import Allowed, fetch
from ingest.files import SHEET, stem_of
from ingest.sources import File, Source, Unreadable
from ingest.sources import episode as episode_of
from ingest.whisper import Hearing
from playhead.engine import View
from playhead.errors import InputError
from playhead.model import Episode
from playhead.query import EVERYTHING, Filters

MOST_SOUND_BYTES = 1024**3
MOST_SECONDS = 3600.0
"""For a sound to arrive."""
PAGE = 200

Hear = Callable[[Path, str | None], Hearing]
"""A sound and its language, where that is known -> what is said in it."""


def untranscribed(view: View, podcast: tuple[str, ...] = ()) -> Iterator[Episode]:
    """Every episode without a transcript, newest first."""
    filters: Filters = replace(EVERYTHING, podcast=podcast)
    offset = 0
    while page := view.episodes(filters, offset, PAGE):
        yield from (episode for episode in page if not episode.transcribed)
        offset += len(page)


def place_of(episode: Episode, out: Path | None) -> Path:
    """Where the transcript of ``episode`` goes: beside its sound where that lies here, unless ``out`` is named."""
    if out is None and episode.audio_file is not None:
        sound = Path(episode.audio_file)
        return sound.with_name(f"{stem_of(sound)}.transcript.json")
    podcast, _, name = episode.id.partition("/")
    return (out or Path("transcripts")) / podcast / f"{name}.transcript.json"


def transcribe(episode: Episode, path: Path, hear: Hear, allowed: Iterable[Allowed] = ()) -> Source:
    """The episode with the transcript at ``path``, which is made of its sound if it is not there.

    Raises InputError where there is no sound, or nobody is heard in it, and for a folder that cannot be written to.
    """
    if not path.exists():
        with _sound_of(episode, allowed) as sound:
            heard = hear(sound, episode.language)
        if not heard["segments"]:
            raise InputError(f"{episode.id}: nobody is heard in its sound; listen to it.")
        _write(path, json.dumps(heard, ensure_ascii=False, indent=1))
    sheet = path.with_name(f"{stem_of(path)}.{SHEET}")
    if not sheet.exists() and not _lies_beside(path, episode):
        _write(sheet, _sheet(episode))
    return _source(episode, path, sheet)


@contextmanager
def _sound_of(episode: Episode, allowed: Iterable[Allowed]) -> Iterator[Path]:
    """The episode's sound as a file: our own, else fetched for as long as it is held."""
    if episode.audio_file is not None:
        sound = Path(episode.audio_file)
        if not sound.is_file():
            raise InputError(f"{episode.id}: its sound is no longer at {sound}; ingest it from where it lies now.")
        yield sound
        return
    if episode.audio_url is None:
        raise InputError(f"{episode.id}: it names no sound to listen to; lay it beside the sheet, or set audio_url.")
    with TemporaryDirectory(prefix="playhead-") as folder:
        sound = Path(folder) / "sound"
        with sound.open("wb") as file:
            fetch(episode.audio_url, allow=allowed, most=MOST_SOUND_BYTES, seconds=MOST_SECONDS, into=file)
        yield sound


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; choose a folder with --out.") from None


def _lies_beside(path: Path, episode: Episode) -> bool:
    return episode.audio_file is not None and path.parent == Path(episode.audio_file).parent


def _sheet(episode: Episode) -> str:
    """What a transcript does not say, so that it makes the same episode in any library. JSON's strings are TOML's."""
    stated = {
        "podcast": episode.podcast_title,
        "title": episode.title,
        "page_url": episode.page_url,
        "audio_url": episode.audio_url,
        "description": episode.description,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in stated.items() if value]
    lines += [f"published = {episode.published.isoformat()}"] if episode.published else []
    return "\n".join(lines) + "\n"


def _source(episode: Episode, path: Path, sheet: Path) -> Source:
    """The files as the episode they belong to, whatever they are called."""
    parts = [File(path, "transcript")]
    parts += [File(sheet, "sheet")] if sheet.is_file() else []
    parts += [File(Path(episode.audio_file), "audio")] if episode.audio_file else []
    made = episode_of(parts, episode.podcast_title, episode.podcast_title)
    if isinstance(made, Unreadable):
        raise made.error
    return replace(made, episode_id=episode.id, podcast=episode.podcast, title=episode.title)

"""An ``episode.toml``: what somebody states of an episode by hand, before everything that files and feeds say."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import partial
from pathlib import Path

from ingest.files import read_text
from ingest.reading import Facts
from playhead.errors import TranscriptError
from playhead.text import clean
from playhead.timestamps import parse as parse_time


def read_sheet(path: Path) -> Facts:
    """What an ``episode.toml`` states. Raises TranscriptError naming the key that does not fit."""
    try:
        stated = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise TranscriptError(f"this is not TOML: {error}", str(path)) from None
    known = ("podcast", "title", "published", "page_url", "audio_url", "description", "language", "duration")
    for key in stated:
        if key not in known:
            raise TranscriptError(f"unknown key {key}; known are {', '.join(known)}", str(path))
    text = partial(_stated_text, stated, path)
    return Facts(
        podcast_title=text("podcast"),
        title=text("title"),
        published=_stated_day(stated.get("published"), path),
        description=text("description"),
        page_url=text("page_url"),
        audio_url=text("audio_url"),
        duration=_stated_seconds(stated.get("duration"), path),
        language=text("language"),
    )


def _stated_text(stated: dict[str, object], path: Path, key: str) -> str | None:
    value = stated.get(key)
    if value is not None and not isinstance(value, str):
        raise TranscriptError(f'{key} is not a text; write {key} = "..."', str(path))
    if value and key.endswith("_url") and not value.startswith(("https://", "http://")):
        raise TranscriptError(f"{key} is not a web address: {value}", str(path))
    return clean(value) or None if value else None


def _stated_day(value: object, path: Path) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, datetime):
        return value.date()
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise TranscriptError(f"published is not a day: {value}; write published = 2024-10-02", str(path)) from None


def _stated_seconds(value: object, path: Path) -> float | None:
    if value is None:
        return None
    seconds = None if isinstance(value, bool) else parse_time(str(value))
    if seconds is None:
        raise TranscriptError(f'duration is no time: {value}; write seconds, or "1:02:03"', str(path))
    return seconds

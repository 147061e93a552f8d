"""Feeds and transcripts of the web: fetched file by file, and made into episodes as files on disk are.

What is fetched is kept for one run only. What tells a changed episode from an unchanged one is its bytes, as ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from ingest import formats
from ingest.feeds import Feed, Item, read_feed
from ingest.fetch import MOST_FEED_BYTES, MOST_TRANSCRIPT_BYTES, Allowed, Fetched, fetch
from ingest.files import read_file, read_text, role_of
from ingest.reading import Problem, Reading
from ingest.sources import File, Source, Unreadable, episode, refuse_namesakes
from playhead.errors import InputError, TranscriptError

LONGEST_NAME = 100
_UNSAFE = re.compile(r"[^\w.-]+")
_ENDINGS = {
    "application/json": ".json",
    "application/srt": ".srt",
    "application/x-subrip": ".srt",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/srt": ".srt",
    "text/vtt": ".vtt",
}

Check = Callable[[Reading, str], None]
"""What a file says, and its address -> nothing, or a TranscriptError for what it lacks."""


@dataclass(frozen=True, slots=True)
class Remote:
    """What lies at an address. Its ``sources``, ``count`` of them at most, are fetched when they are asked for."""

    url: str
    fetched: Fetched
    is_feed: bool
    count: int
    sources: Iterator[Source | Unreadable]


class Downloads:
    """Files fetched into ``folder``, from the public internet and what is ``allowed`` beside it."""

    def __init__(self, folder: Path, allowed: Iterable[Allowed] = ()) -> None:
        self._folder = folder
        self._allowed = tuple(allowed)
        self._numbers = count(1)
        self._addresses: dict[Path, str] = {}
        self.failures = 0
        """How many files that feeds name could not be fetched or read: the feeds are worth asking again."""

    def open(
        self, url: str, podcast: str | None = None, etag: str | None = None, last_modified: str | None = None
    ) -> Remote:
        """The episodes of the feed or the transcript at ``url``; none where nothing changed since ``etag``.

        Raises FetchError, and TranscriptError for what is neither.
        """
        fetched = fetch(url, allow=self._allowed, most=MOST_FEED_BYTES, etag=etag, last_modified=last_modified)
        if fetched.status == 304:
            return Remote(url, fetched, True, 0, iter(()))
        path = self._keep(url, fetched)
        try:
            text = read_text(path)
            if formats.recognise(text, str(path)).name != "rss":
                return Remote(url, fetched, False, 1, iter([self._alone(path, podcast)]))
            feed = read_feed(text)
        except TranscriptError as error:
            raise type(error)(error.message, url, error.line) from None
        several = len(feed.items) + len(feed.problems)
        return Remote(url, fetched, True, several, refuse_namesakes(self._episodes(feed, fetched.url, podcast)))

    def _alone(self, path: Path, podcast: str | None) -> Source | Unreadable:
        """The episode that a transcript without a feed is; its show is called as its host is."""
        return self._made([File(path, role_of(path))], podcast, self._addresses[path])

    def _episodes(self, feed: Feed, url: str, podcast: str | None) -> Iterator[Source | Unreadable]:
        for item in feed.items:
            yield self._episode(item, url, podcast)
        for problem in feed.problems:
            yield Unreadable(Path(url), TranscriptError(problem.message, url))

    def _episode(self, item: Item, url: str, podcast: str | None) -> Source | Unreadable:
        """An item with the first of its transcripts that can be read, if it names any.

        What was passed over becomes its problems.
        """
        problems: list[Problem] = []
        transcript = self._first((urljoin(url, each) for each in item.transcripts), problems, _has_words)
        if transcript is None and item.transcripts:
            reasons = "; ".join(f"{problem.path} {problem.message}" for problem in problems)
            return Unreadable(Path(url), TranscriptError(f'"{item.name}" has no transcript to be had: {reasons}', url))
        parts = [File(transcript, "transcript")] if transcript else []
        if item.chapters_at:
            chapters = self._first([urljoin(url, item.chapters_at)], problems, _has_chapters)
            parts += [File(chapters, "chapters")] if chapters else []
        known = replace(item, problems=(*item.problems, *problems))
        return self._made(parts, podcast, url, known)

    def _made(self, parts: list[File], podcast: str | None, url: str, item: Item | None = None) -> Source | Unreadable:
        """The episode of ``parts``; where nothing says what its show is called, it is called as its host is."""
        addresses = {part.path: self._addresses[part.path] for part in parts}
        show = urlsplit(url).hostname or ""
        if item is None:
            return episode(parts, podcast, show, addresses=addresses)
        name = item.key or (None if item.transcripts else item.stem)
        return episode(parts, podcast, show, name, item, addresses, f"{url}: {item.name}")

    def _first(self, urls: Iterable[str], problems: list[Problem], check: Check) -> Path | None:
        """The first of ``urls`` that can be fetched, read, and passes ``check``; ``problems`` grows by the others."""
        for url in urls:
            try:
                path = self._keep(url, fetch(url, allow=self._allowed, most=MOST_TRANSCRIPT_BYTES))
                check(read_file(path, url), url)
            except InputError as error:
                self.failures += 1
                problems.append(Problem(str(error).removeprefix(f"{url}: ").rstrip("."), path=url))
            else:
                return path
        return None

    def _keep(self, url: str, fetched: Fetched) -> Path:
        """Keep a file under the end of its address, in a folder of its own."""
        path = self._folder / str(next(self._numbers)) / _name(url, fetched.media_type)
        path.parent.mkdir()
        path.write_bytes(fetched.body)
        self._addresses[path] = url
        return path


def _name(url: str, media_type: str) -> str:
    """A name for what lies at ``url``, always the same, with an ending that says what it is where its type knows."""
    name = _UNSAFE.sub("_", unquote(PurePosixPath(urlsplit(url).path).name)).strip("._")[-LONGEST_NAME:] or "transcript"
    known = {suffix for each in formats.known() for suffix in each.suffixes}
    kind = media_type.partition(";")[0].strip().casefold()
    return name if PurePosixPath(name).suffix.casefold() in known else name + _ENDINGS.get(kind, "")


def _has_words(reading: Reading, url: str) -> None:
    if reading.transcript is None:
        raise TranscriptError(f"this is no transcript, but {reading.format}", url)


def _has_chapters(reading: Reading, url: str) -> None:
    if not reading.chapters:
        raise TranscriptError("there is not one chapter in this file", url)

"""Feeds and transcripts of the web: fetched file by file, and made into episodes as files on disk are.

What is fetched is kept for one run only. What tells a changed episode from an unchanged one is its bytes, as ever; but
where a receipt says that an item is as it was, and its host that the files are, they are not fetched to be compared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from ingest import formats, sandbox
from ingest.feeds import Feed, Item
from ingest.fetch import MOST_FEED_BYTES, MOST_TRANSCRIPT_BYTES, Allowed, Fetched, fetch
from ingest.files import role_of
from ingest.manners import Manners
from ingest.reading import Facts, Problem, Reading
from ingest.sources import READER_VERSION, File, Source, Unreadable, episode, refuse_namesakes
from ingest.values import joined
from playhead.engine import Receipt
from playhead.errors import FetchError, InputError, TranscriptError

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

Validators = tuple[str, str | None, str | None]
"""The address of a file, its etag and its date; neither where it has to be fetched to be compared."""


@dataclass(frozen=True, slots=True)
class Remote:
    """What lies at an address. Its ``sources``, ``count`` of them at most, are fetched when they are asked for.

    A list of feeds has ``feeds``, to be opened one by one.
    """

    url: str
    fetched: Fetched
    is_feed: bool
    count: int
    sources: Iterator[Source | Unreadable]
    feeds: tuple[str, ...] = ()


class Downloads:
    """Files fetched into ``folder``, from the public internet and what is ``allowed`` beside it.

    ``known`` gives the receipts of an address; what they say is unchanged is neither fetched nor read.
    """

    def __init__(
        self,
        folder: Path,
        allowed: Iterable[Allowed] = (),
        known: Callable[[str], Iterable[Receipt]] | None = None,
        manners: Manners | None = None,
    ) -> None:
        self._folder = folder
        self._allowed = tuple(allowed)
        self._known = known
        self._manners = manners or Manners()
        self._numbers = count(1)
        self._addresses: dict[Path, str] = {}
        self._answers: dict[str, Fetched | FetchError] = {}
        self._old: dict[str, Receipt] = {}
        self._new: dict[tuple[str, str], Receipt] = {}
        self.failures = 0
        """How many files that feeds name could not be fetched or read: the feeds are worth asking again."""

    def open(
        self, url: str, podcast: str | None = None, etag: str | None = None, last_modified: str | None = None
    ) -> Remote:
        """The episodes of the feed or the transcript at ``url``, none of a feed where nothing changed since ``etag``.

        Raises FetchError, and TranscriptError for what is neither.
        """
        self._old = {receipt.item: receipt for receipt in self._known(url)} if self._known else {}
        alone = self._old.get(_mark(podcast, [url]))
        if alone:
            _, etag, last_modified = alone.files[0]
        fetched = self._fetch(url, MOST_FEED_BYTES, etag, last_modified)
        if fetched.status == 304:
            unchanged = [self._as_before(alone)] if alone else []
            return Remote(url, fetched, not alone, len(unchanged), iter(unchanged))
        path = self._keep(url, fetched)
        try:
            role = sandbox.role_of(path, url)
            if role == "feeds":
                return self._listed(url, fetched, sandbox.read_file(path, url))
            if role in ("transcript", "page"):
                return Remote(url, fetched, False, 1, iter([self._alone(path, podcast, fetched)]))
            if role != "feed":
                _refuse(role, url)
            feed = sandbox.read_feed(path, fetched.url, url)
        except TranscriptError as error:
            raise type(error)(error.message, url, error.line) from None
        several = len(feed.items) + len(feed.problems)
        if feed.moved_to and feed.moved_to not in (url, fetched.url, fetched.moved_to):
            self._manners.tell(f"{url}: says that it has moved; playhead ingest {feed.moved_to} follows it there.")
        episodes = refuse_namesakes(self._episodes(feed, fetched.url, podcast))
        return Remote(url, fetched, True, several, episodes)

    def complete(self, path: Path, items: list[Item], podcast: str | None = None) -> Remote:
        """The episodes of the feed at ``path`` whose transcripts do not lie beside it."""
        place = str(path.absolute())
        self._old = {receipt.item: receipt for receipt in self._known(place)} if self._known else {}
        named = podcast or (None if items[0].facts.podcast_title else path.absolute().parent.name)
        episodes = refuse_namesakes(each for item in items for each in self._episode(item, str(path), named))
        return Remote(place, Fetched(place, 200, "", b"", None, None), False, len(items), episodes)

    def receipt(self, source: Source | Unreadable, feed: str) -> Receipt | None:
        """What a source was made from when ``feed`` was visited; None where nothing was."""
        made = self._new.get((source.episode_id, source.fingerprint)) if isinstance(source, Source) else None
        return replace(made, feed=feed) if made else None

    def _listed(self, url: str, fetched: Fetched, reading: Reading) -> Remote:
        problems = each_by_itself(reading.problems, url)
        return Remote(url, fetched, False, len(problems), iter(problems), reading.feeds)

    def _alone(self, path: Path, podcast: str | None, fetched: Fetched) -> Source | Unreadable:
        """The episode that a transcript without a feed is; its show is called as its host is."""
        url = self._addresses[path]
        made = self._made([File(path, role_of(path))], podcast, url)
        self._write_receipt(made, _mark(podcast, [url]), [(url, fetched.etag, fetched.last_modified)])
        return made

    def _episodes(self, feed: Feed, url: str, podcast: str | None) -> Iterator[Source | Unreadable]:
        for item in feed.items:
            yield from self._episode(item, url, podcast)
        yield from each_by_itself(feed.problems, url)

    def _episode(self, item: Item, url: str, podcast: str | None) -> Iterator[Source | Unreadable]:
        """An item with the first of its transcripts that can be read, if it names any. What was passed over becomes its
        problems.

        Where none can be read that is reported, and the episode waits for one, or keeps the one it has; only an item
        without a guid is called as its transcript is, and cannot.
        """
        transcripts = [joined(url, each) for each in item.transcripts]
        chapters_at = [joined(url, item.chapters_at)] if item.chapters_at else []
        mark = _mark(podcast, [*transcripts, *chapters_at], item)
        before = self._old.get(mark)
        if before and (before.is_of_this_visit or self._are_unchanged(before.files)):
            yield self._as_before(before)
            return
        problems, files = list[Problem](), list[Validators]()
        transcript = self._first(transcripts, problems, files, _has_words)
        if transcript is None and item.transcripts:
            reasons = "; ".join(f"{problem.path} {problem.message}" for problem in problems)
            error = TranscriptError(f'"{item.name}" has no transcript to be had: {reasons}', url)
            yield Unreadable(Path(url), error)
            if item.key is None:
                return
            problems.clear()
        parts = [File(transcript, "transcript")] if transcript else []
        chapters = self._first(chapters_at, problems, files, _has_chapters)
        parts += [File(chapters, "chapters")] if chapters else []
        made = self._made(parts, podcast, url, replace(item, problems=(*item.problems, *problems)))
        self._write_receipt(made, mark, files)
        yield made

    def _are_unchanged(self, files: Iterable[Validators]) -> bool:
        """Whether every file is as it was, by what its host says of it."""
        return all(etag or last_modified for _, etag, last_modified in files) and all(
            self._is_unchanged(*each) for each in files
        )

    def _is_unchanged(self, url: str, etag: str | None, last_modified: str | None) -> bool:
        """Ask its host. What else it answers is kept for whoever fetches the file next."""
        try:
            answer: Fetched | FetchError = self._fetch(url, MOST_TRANSCRIPT_BYTES, etag, last_modified)
        except FetchError as error:
            answer = error
        if isinstance(answer, Fetched) and answer.status == 304:
            return True
        self._answers[url] = answer
        return False

    def _as_before(self, receipt: Receipt) -> Source:
        """An episode that is kept and has not changed, known by its fingerprint alone."""
        addresses = [url for url, _, _ in receipt.files[:1]]
        source = Source(
            episode_id=receipt.episode,
            podcast=receipt.episode.partition("/")[0],
            podcast_title="",
            title="",
            parts=tuple(File(Path(url), "transcript") for url in addresses),
            sheet=Facts(),
            fingerprint=receipt.fingerprint,
            addresses={Path(url): url for url in addresses},
            place=receipt.episode,
        )
        self._new[source.episode_id, source.fingerprint] = replace(receipt, is_of_this_visit=True)
        return source

    def _write_receipt(self, made: Source | Unreadable, mark: str, files: list[Validators]) -> None:
        if isinstance(made, Source):
            receipt = Receipt("", mark, made.episode_id, made.fingerprint, tuple(files))
            self._new[made.episode_id, made.fingerprint] = receipt

    def _made(self, parts: list[File], podcast: str | None, url: str, item: Item | None = None) -> Source | Unreadable:
        """The episode of ``parts``; where nothing says what its show is called, it is called as its host is."""
        addresses = {part.path: self._addresses[part.path] for part in parts}
        show = urlsplit(url).hostname or ""
        if item is None:
            return episode(parts, podcast, show, addresses=addresses)
        name = item.key or (None if item.transcripts else item.stem)
        return episode(parts, podcast, show, name, item, addresses, f"{url}: {item.name}")

    def _first(
        self, urls: Iterable[str], problems: list[Problem], files: list[Validators], check: Check
    ) -> Path | None:
        """The first of ``urls`` that can be fetched, read, and passes ``check``; ``problems`` grows by the others.

        ``files`` grows by all that were asked for; what was of no use is to be asked for again.
        """
        for url in urls:
            try:
                fetched = self._answered(url)
                path = self._keep(url, fetched)
                check(sandbox.read_file(path, url), url)
            except InputError as error:
                self.failures += 1
                files.append((url, None, None))
                problems.append(Problem(str(error).removeprefix(f"{url}: ").rstrip("."), path=url))
            else:
                files.append((url, fetched.etag, fetched.last_modified))
                return path
        return None

    def _answered(self, url: str) -> Fetched:
        answer = self._answers.pop(url, None) or self._fetch(url, MOST_TRANSCRIPT_BYTES)
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def _fetch(self, url: str, most: int, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        return fetch(url, allow=self._allowed, most=most, etag=etag, last_modified=last_modified, manners=self._manners)

    def _keep(self, url: str, fetched: Fetched) -> Path:
        """Keep a file under the end of its address, in a folder of its own."""
        path = self._folder / str(next(self._numbers)) / _name(url, fetched.media_type)
        path.parent.mkdir()
        path.write_bytes(fetched.body)
        self._addresses[path] = url
        return path


def each_by_itself(problems: Iterable[Problem], name: str) -> list[Unreadable]:
    """What was not understood of a feed or a list of feeds, to be reported beside its episodes."""
    return [Unreadable(Path(name), TranscriptError(problem.message, name, problem.line)) for problem in problems]


def _mark(podcast: str | None, addresses: list[str], item: Item | None = None) -> str:
    """SHA-256 over all that says which episode is made of which files, and how well we read.

    Where something is not understood is none of it: it moves with every episode that is put above.
    """
    item = replace(item, problems=()) if item else None
    return hashlib.sha256(repr((READER_VERSION, podcast, addresses, item)).encode("utf-8", "replace")).hexdigest()


def _name(url: str, media_type: str) -> str:
    """A name for what lies at ``url``, always the same, with an ending that says what it is where its type knows."""
    name = _UNSAFE.sub("_", unquote(PurePosixPath(urlsplit(url).path).name)).strip("._")[-LONGEST_NAME:] or "transcript"
    known = {suffix for each in formats.known() for suffix in each.suffixes}
    kind = media_type.partition(";")[0].strip().casefold()
    return name if PurePosixPath(name).suffix.casefold() in known else name + _ENDINGS.get(kind, "")


def _refuse(role: formats.Role, url: str) -> NoReturn:
    raise TranscriptError(f"this holds {role} and no transcript; ingest the feed or the transcript it belongs to", url)


def _has_words(reading: Reading, url: str) -> None:
    if reading.transcript is None:
        raise TranscriptError(f"this is no transcript, but {reading.format}", url)


def _has_chapters(reading: Reading, url: str) -> None:
    if not reading.chapters:
        raise TranscriptError("there is not one chapter in this file", url)

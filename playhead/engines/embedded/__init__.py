"""The embedded engine: a library in one directory, found in by one process or many, written to by one.

``library.sqlite`` is the truth (`truth`); FAISS and tantivy indexes over it are published as generations that can
always be made again without embedding anything (`generations`). The directory must be on a local disk.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from playhead.engine import Description, Kept, Model, Receipt, Subscription, Vectors
from playhead.engines.embedded import database, disk, generations
from playhead.engines.embedded.generations import Generation
from playhead.engines.embedded.lock import WriterLock
from playhead.engines.embedded.truth import Truth
from playhead.engines.embedded.view import EmbeddedView
from playhead.errors import DamagedError, EmbeddingMismatchError, EngineError, LockedError, StorageError
from playhead.model import Episode, Segment, Transcript

LOOK_EVERY = 0.5  # seconds between two looks at CURRENT
LOOK_AGAIN = 30.0  # seconds to wait after a generation that would not open
TRIES = 3  # a generation may be replaced twice while it is being opened

_log = logging.getLogger("playhead.engines")


class EmbeddedEngine:
    """Fulfils `playhead.engine.Engine` in ``directory``.

    ``writing`` makes the directory if need be and holds the writer's lock until `close`. Opening publishes what an
    interrupted run left unpublished, and makes damaged indexes again, if nobody is writing.
    """

    def __init__(self, directory: str, *, writing: bool) -> None:
        self._directory = Path(directory)
        self._writing = writing
        self._lock = WriterLock(self._directory)
        self._publishing = threading.Lock()
        self._opening = threading.Lock()
        self._notes: list[str] = []
        self._left: list[Truth] = []
        self._models: tuple[Model, ...] = ()
        path = self._directory / "library.sqlite"
        if writing:
            database.make_directory(self._directory)
            self._lock.take()
        else:
            with disk.storing(path):
                if not path.is_file():
                    raise database.missing(self._directory)
        try:
            self._truth = Truth(path, writing=writing)
            try:
                self._library = self._truth.state().library
                self._seen, self._file = self._look(), self._look_at_file()
                self._view = EmbeddedView(self._open(), self._truth)
            except BaseException:
                self._truth.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        self._look_next = time.monotonic() + LOOK_EVERY
        if self._truth.doubt and not writing:  # writing is how damage is mended
            _log.warning("Left out: %s", self._truth.doubt)

    def use(self, model: Model, *others: Model) -> None:
        known = self._truth.state().model
        self._truth.use(known if known in others else model, writing=self._writing)
        self._models = (model, *others)
        if not self._writing:
            self._refuse_other_model(self._view.generation)

    def reembed(self, model: Model, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._truth.reembed(model, embed)
        self._models = (model,)

    def put(self, episode: Episode, transcript: Transcript, segments: Sequence[Segment], vectors: Vectors) -> None:
        self._truth.put(episode, transcript, segments, vectors)

    def put_all(self, kept: Iterable[Kept]) -> None:
        for each in kept:
            self.put(*each)

    def remove(self, episode_id: str) -> bool:
        return self._truth.remove(episode_id)

    def has(self, episode_id: str, fingerprint: str) -> bool:
        return self._truth.has(episode_id, fingerprint)

    def follow(self, subscription: Subscription) -> None:
        self._truth.follow(subscription)

    def unfollow(self, url: str) -> bool:
        return self._truth.unfollow(url)

    def subscriptions(self) -> list[Subscription]:
        return self._truth.subscriptions()

    def file(self, receipt: Receipt) -> None:
        self._truth.file(receipt)

    def end_visit(self, feed: str) -> None:
        self._truth.end_visit(feed)

    def receipts(self, feed: str) -> list[Receipt]:
        return self._truth.receipts(feed)

    def publish(self) -> int:
        if not self._writing:
            raise EngineError(f"The library in {self._directory} is open for reading only.")
        with self._publishing:
            served = self._view.generation
            if self._truth.state().revision != served.revision:
                made = generations.publish(self._directory, self._truth, served.number)
                self._serve(made, self._look())
            return self._view.revision

    def view(self) -> EmbeddedView:
        if time.monotonic() >= self._look_next and self._opening.acquire(blocking=False):
            try:
                self._look_next = time.monotonic() + LOOK_EVERY
                self._refresh()
            finally:
                self._opening.release()
        return self._view

    def revision(self) -> int:
        return self._truth.revision()

    def history(self) -> str:
        self.view()  # which follows a library that was restored
        return f"{self._library}-{self._file}"

    def describe(self) -> Description:
        view = self.view()
        state = self._truth.state()
        episodes, untranscribed, segments = self._truth.counts()
        return Description(
            engine="embedded",
            revision=state.revision,
            published=view.revision,
            episodes=episodes,
            untranscribed=untranscribed,
            segments=segments,
            findable=view.size,
            model=state.model,
            details={
                "directory": str(self._directory),
                "generation": view.generation.number,
                "notes": "; ".join([*self._notes, *filter(None, [self._truth.doubt])]) or None,
                "sqlite": database.SQLITE_VERSION,
                "faiss": version("faiss-cpu"),
                "tantivy": version("tantivy"),
            },
        )

    def close(self) -> None:
        """Let go of the database and the lock. Views taken before can still find, but no longer read."""
        for truth in (*self._left, self._truth):
            truth.close()
        self._lock.release()

    def _open(self) -> Generation:
        """The newest whole generation; made anew when it is behind the truth, or when none is whole."""
        revision = self._truth.revision()  # read first: a generation made meanwhile is newer, and as good
        found = self._newest()
        if revision == 0:
            return generations.empty()
        if found is not None and found.revision >= revision:
            return found
        try:
            made = self._publish_on_opening(found.number if found else 0)
        except (LockedError, StorageError, DamagedError) as error:
            if self._writing:
                if not isinstance(error, DamagedError):  # writing is how damage is mended
                    raise
            elif found is None and (self._notes or not isinstance(error, LockedError)):
                raise DamagedError("; ".join([*self._notes, str(error)])) from error
            self._notes.append(f"not published: {error}")
            return found or generations.empty()
        self._notes.append(f"made generation {made.number} on opening")
        return made

    def _newest(self) -> Generation | None:
        """The generation ``CURRENT`` names, or else the newest that is whole; what was wrong goes to the notes."""
        for _ in range(TRIES):
            named = generations.current(self._directory)
            self._notes.clear()
            for number in dict.fromkeys([named or 0, *generations.kept(self._directory)]):
                try:
                    if number:
                        found = generations.open_generation(self._directory, number, self._library)
                        if found.revision <= self._truth.revision():
                            return found
                        self._notes.append(f"generation {number} is ahead of library.sqlite, which was put back")
                except (DamagedError, StorageError) as error:
                    self._notes.append(str(error))
            if generations.current(self._directory) == named:
                break
        return None

    def _publish_on_opening(self, previous: int) -> Generation:
        if self._writing:
            return generations.publish(self._directory, self._truth, previous)
        self._lock.take()
        try:
            return generations.publish(self._directory, self._truth, previous)
        finally:
            self._lock.release()

    def _refresh(self) -> None:
        """Serve the generation ``CURRENT`` names by now; go on with the old one if it will not open."""
        try:
            seen, number = self._look(), generations.current(self._directory)
            if number is None or (seen, self._look_at_file()) == (self._seen, self._file):
                return
            self._follow_restored()
            try:
                generation = generations.open_generation(self._directory, number, self._library)
            except (DamagedError, StorageError):
                if generations.current(self._directory) != number:  # it gave way to the next meanwhile: look again
                    return
                raise
            self._refuse_other_model(generation)
            self._serve(generation, seen)
        except (DamagedError, StorageError, EmbeddingMismatchError) as error:
            self._notes = [f"still answering from generation {self._view.generation.number}: {error}"]
            self._look_next = time.monotonic() + LOOK_AGAIN

    def _follow_restored(self) -> None:
        """Read from the file that ``library.sqlite`` is by now, if a backup was put in its place.

        The one before is still read by whoever asked it something, so it is not closed until the engine is.
        """
        file = self._look_at_file()
        if file != self._file:
            truth = Truth(self._truth.path, writing=False)
            self._left.append(self._truth)
            self._truth, self._file, self._library = truth, file, truth.state().library

    def _serve(self, generation: Generation, seen: tuple[int, int] | None) -> None:
        self._seen = seen
        self._notes = []
        if self._truth.doubt:  # somebody may have mended it
            self._truth.audit()
        self._view = EmbeddedView(generation, self._truth)

    def _refuse_other_model(self, generation: Generation) -> None:
        """A library may be embedded anew while it is served: questions of one model must not meet another's vectors."""
        if self._models and generation.model not in (None, *self._models):
            names = " or ".join(model.name for model in self._models)
            raise EmbeddingMismatchError(
                f"generation {generation.number} of {self._directory} was not made with {names}; "
                "start again with the model it was made with."
            )

    def _look(self) -> tuple[int, int] | None:
        """What changes when ``CURRENT`` does."""
        path = self._directory / generations.CURRENT
        with disk.storing(path):
            try:
                status = path.stat()
            except FileNotFoundError:
                return None
        return status.st_ino, status.st_mtime_ns

    def _look_at_file(self) -> int:
        """Which file ``library.sqlite`` is."""
        with disk.storing(self._truth.path):
            return self._truth.path.stat().st_ino

"""A library carried to another engine: nothing is embedded again, and what arrived is read back.

An episode is told from another by a digest of all that is kept of it, as an engine gives it: so what is at the other
side already is passed over, a copy that broke off is gone on with, and both sides are compared in the same words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from playhead.engine import Engine, Kept, View
from playhead.errors import DamagedError, EmbeddingMismatchError, EngineError
from playhead.query import EVERYTHING

PAGE = 500
NOBODY = "/"
"""An episode's id that no episode has."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy came to. ``sha256`` is of all episodes, whatever their order; both sides came to the same."""

    episodes: int
    passed_over: int
    segments: int
    feeds: int
    receipts: int
    others: int
    sha256: str


def copy(
    source: Engine,
    target: Engine,
    *,
    into: bool = False,
    report: Callable[[int, int], object] | None = None,
) -> Copied:
    """Carry every episode, feed and receipt of ``source`` over, make all findable, and read everything back.

    ``into`` says that ``target`` may hold other episodes, or others under the same ids, which are replaced. ``report``
    hears how many episodes of how many are done. Raises EngineError where the target is not as it must be, or the
    source changed meanwhile; EmbeddingMismatchError; DamagedError where either side is not whole.
    """
    began = source.revision()
    _agree_on_model(source, target)
    names = list(_names(source.view()))
    kept = set(_names(target.view()))
    if not into:
        _refuse_others(kept - set(names))
    digests: dict[str, str] = {}
    segments = copied = 0

    def wanting() -> Iterator[Kept]:
        nonlocal segments, copied
        for done, name in enumerate(names):
            if report:
                report(done, len(names))
            episode = read(source.view(), name)
            if episode is None:
                raise _changed()
            digests[name] = digest(episode)
            segments += len(episode[2])
            there = _digest_of(target, name) if name in kept else None
            if there == digests[name]:
                continue
            if there and not into:
                raise EngineError(f"There is another {name} at the target; --into replaces it.")
            copied += 1
            yield episode

    target.put_all(wanting())
    receipts = _carry_feeds(source, target)
    # What can be searched is made from what is kept, which can be read back meanwhile.
    with ThreadPoolExecutor(1, "playhead-publish") as aside:
        published = aside.submit(target.publish)
        _refuse_doubt(source)
        if source.revision() != began:
            raise _changed()
        _verify(target.view(), digests)
        published.result()
    _refuse_hidden(target)
    feeds = source.subscriptions()
    return Copied(
        copied, len(names) - copied, segments, len(feeds), receipts, len(kept - set(names)), _sum(digests.values())
    )


def read(view: View, name: str) -> Kept | None:
    """All that is kept of an episode; None if it is not there. Raises DamagedError for what cannot be read whole."""
    episode, transcript = view.episode(name), view.transcript(name)
    if episode is None or transcript is None:
        return None
    segments = view.segments_of(name)
    vectors = view.vectors([segment.id for segment in segments])
    if missing := [segment.id for segment in segments if segment.id not in vectors]:
        raise DamagedError(
            f"{len(missing)} of {len(segments)} vectors of {name} are missing or damaged; "
            f"run playhead ingest on its files again, or playhead remove {name}."
        )
    rows = [vectors[segment.id] for segment in segments]
    return episode, transcript, segments, np.array(rows, np.float32)


def digest(kept: Kept) -> str:
    """A hash of an episode. What a dataclass is shown as names every field, and numbers to the last bit."""
    *nouns, vectors = kept
    sha256 = hashlib.sha256()
    for noun in nouns:
        sha256.update(repr(noun).encode("utf-8", "surrogatepass"))
    sha256.update(vectors.astype("<f2").tobytes())
    return sha256.hexdigest()


def _agree_on_model(source: Engine, target: Engine) -> None:
    theirs, ours = source.describe().model, target.describe()
    if theirs is None:
        return
    if ours.segments and ours.model and ours.model != theirs:
        raise EmbeddingMismatchError(
            f"The target was made with the model {ours.model.name} ({ours.model.sha256[:12]}…) and what is copied with "
            f"{theirs.name} ({theirs.sha256[:12]}…), so they cannot be searched together; copy into an empty library."
        )
    target.use(theirs)


def _refuse_others(others: set[str]) -> None:
    if others:
        shown = min(others)
        raise EngineError(
            f"The target holds {len(others):,} episodes that are not copied, {shown} among them; "
            "--into copies in among them."
        )


def _names(view: View) -> Iterator[str]:
    """The ids of all episodes. Who has doubts says so rather than leave one out."""
    view.episode(NOBODY)
    offset = 0
    while page := view.episodes(EVERYTHING, offset, PAGE):
        yield from (episode.id for episode in page)
        offset += len(page)


def _refuse_doubt(engine: Engine) -> None:
    """An engine that found damage while it was read does not say that an episode is not there."""
    engine.view().episode(NOBODY)


def _digest_of(target: Engine, name: str) -> str | None:
    """What is there of an episode; None for what is damaged, and is put again."""
    try:
        there = read(target.view(), name)
    except DamagedError:
        return None
    return digest(there) if there else None


def _carry_feeds(source: Engine, target: Engine) -> int:
    """Carry over the feeds that are followed; how many receipts they have."""
    count = 0
    for feed in source.subscriptions():
        target.follow(feed)
        for receipt in source.receipts(feed.url):
            target.file(receipt)
            count += 1
        if missing := set(source.receipts(feed.url)) - set(target.receipts(feed.url)):
            raise DamagedError(f"{len(missing)} receipts of {feed.url} did not arrive; run the copy again.")
    return count


def _verify(view: View, digests: dict[str, str]) -> None:
    """Read everything back."""
    for name, expected in digests.items():
        there = read(view, name)
        if there is None or digest(there) != expected:
            raise DamagedError(
                f"{name} did not arrive as it is, or somebody replaced it since; run the copy again, "
                "and playhead check on both sides."
            )


def _refuse_hidden(target: Engine) -> None:
    """Everything is found now, unless others went on."""
    described = target.describe()
    if described.findable != described.segments:
        raise EngineError(
            f"Of {described.segments:,} segments {described.findable:,} can be found; somebody writes to the target. "
            "Run the copy again when that is over."
        )


def _changed() -> EngineError:
    return EngineError("The source changed while it was copied; run the copy again, which goes on from here.")


def _sum(digests: Iterable[str]) -> str:
    return hashlib.sha256("".join(sorted(digests)).encode("ascii")).hexdigest()

"""Visits to feeds and transcripts of the web: what is new there comes into the library, and what was seen is noted.

A receipt is filed for each episode once it is durable. So a visit that breaks off goes on where it stopped, and the
next one fetches nothing that its host says is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.claims import Absent
from ingest.downloads import Downloads, Remote
from ingest.fetch import Allowed
from ingest.manners import Manners
from ingest.pipeline import Added, Event, Queued, Skipped, Unchanged
from ingest.sources import Source, Unreadable
from playhead.engine import Engine, Subscription
from playhead.errors import InputError

Run = Callable[[Iterable[Source | Unreadable]], Iterator[Event]]
"""An ingest of whatever it is given."""

Visit = tuple[int, Iterator[Event]]
"""How many episodes to expect at most, and what becomes of them; to be watched to its end before the next."""


@dataclass(frozen=True, slots=True)
class Visits:
    """The visits of one run. Without an ``engine`` nothing is followed and nothing noted.

    ``afresh`` fetches what is known to be unchanged too.
    """

    run: Run
    engine: Engine | None
    allowed: tuple[Allowed, ...] = ()
    manners: Manners = field(default_factory=Manners)
    afresh: bool = False

    def to(self, feeds: list[Subscription]) -> Iterator[Visit]:
        """What lies at these addresses, and at those of the lists among them. One that fails stops no other."""
        named, listed = {feed.url for feed in feeds}, dict[str, Subscription]()
        for feed in chain(feeds, listed.values()):
            with self._downloads() as downloads:
                try:
                    remote = downloads.open(feed.url, feed.podcast, feed.etag, feed.last_modified)
                except InputError as error:
                    yield 1, _skipped(feed.url, error)
                    continue
                yield remote.count, self._bring(remote, feed, downloads)
                if feed.url in named:
                    listed |= {url: Subscription(url, feed.podcast) for url in remote.feeds if url not in named}
                elif remote.feeds:  # It could go on for ever.
                    again = InputError(f"{feed.url}: is a list of feeds in a list of feeds; ingest it by itself.")
                    yield 1, _skipped(feed.url, again)

    def complete(self, absent: Iterable[Absent], podcast: str | None) -> Iterator[Visit]:
        """The items of feeds on this machine whose transcripts are elsewhere."""
        for path, items in groupby(absent, lambda each: each.path):
            with self._downloads() as downloads:
                remote = downloads.complete(path, [each.item for each in items], podcast)
                yield remote.count, self._bring(remote, Subscription(remote.url, podcast), downloads)

    @contextmanager
    def _downloads(self) -> Iterator[Downloads]:
        known = self.engine.receipts if self.engine and not self.afresh else None
        with TemporaryDirectory(prefix="playhead-") as folder:
            yield Downloads(Path(folder), self.allowed, known, self.manners)

    def _bring(self, remote: Remote, feed: Subscription, downloads: Downloads) -> Iterator[Event]:
        return bring(remote, feed, downloads, self.engine, self.run) if self.engine else self.run(remote.sources)


def bring(remote: Remote, feed: Subscription, downloads: Downloads, engine: Engine, run: Run) -> Iterator[Event]:
    """Ingest what ``downloads`` opened at the address of ``feed``, and follow it if it is a feed."""
    told = remote.fetched
    if remote.is_feed:
        feed = _follow(feed, told.moved_to, engine)
        if told.status == 304:
            return
    is_done = True
    for event in run(remote.sources):
        is_done &= not isinstance(event, Queued)
        # A receipt counts for nothing until the episode is kept in that version, by whoever does that.
        receipt = downloads.receipt(event.source, feed.url) if isinstance(event, Added | Unchanged | Queued) else None
        if receipt:
            engine.file(receipt)
        yield event
    engine.end_visit(feed.url)
    # What failed, or may yet, has to be there next time, and the feed would not say so.
    if remote.is_feed and is_done and not downloads.failures:
        engine.follow(replace(feed, etag=told.etag, last_modified=told.last_modified))


def _follow(feed: Subscription, moved_to: str | None, engine: Engine) -> Subscription:
    """Follow a feed, at the address it has moved to for good; its receipts move with it."""
    here = replace(feed, url=moved_to or feed.url)
    engine.follow(here)
    if here.url != feed.url:
        for receipt in engine.receipts(feed.url):
            engine.file(replace(receipt, feed=here.url))
        engine.unfollow(feed.url)
    return here


def _skipped(url: str, error: InputError) -> Iterator[Event]:
    yield Skipped(Unreadable(Path(url), error), error)

"""Visits to feeds and transcripts of the web: what is new there comes into the library, and what was seen is noted.

A receipt is filed for each episode once it is durable. So a visit that breaks off goes on where it stopped, and the
next one fetches nothing that its host says is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ingest.downloads import Downloads, Remote
from ingest.pipeline import Added, Event, Unchanged
from ingest.sources import Source, Unreadable
from playhead.engine import Engine, Subscription

Run = Callable[[Iterable[Source | Unreadable]], Iterator[Event]]
"""An ingest of whatever it is given."""


def bring(remote: Remote, feed: Subscription, downloads: Downloads, engine: Engine, run: Run) -> Iterator[Event]:
    """Ingest what ``downloads`` opened at the address of ``feed``, and follow it if it is a feed."""
    told = remote.fetched
    if remote.is_feed:
        feed = _follow(feed, told.moved_to, engine)
        if told.status == 304:
            return
    for event in run(remote.sources):
        receipt = downloads.receipt(event.source, feed.url) if isinstance(event, Added | Unchanged) else None
        if receipt:
            engine.file(receipt)
        yield event
    engine.end_visit(feed.url)
    # What failed may be there next time, and the feed would not say so.
    if remote.is_feed and not downloads.failures:
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

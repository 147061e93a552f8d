"""A podcast's feed, as a file: it holds no transcript, and says which files belong to which episode.

What is done with it is in `ingest.sources`; this says what it is, and reads what it says of the show.
"""

from __future__ import annotations

from dataclasses import replace

from ingest.feeds import read_feed
from ingest.formats import Format
from ingest.reading import Reading
from ingest.trees import root_tag


def looks_like(head: str) -> bool:
    """The first element is that of RSS 2.0, RSS 1.0 or Atom."""
    name, attributes = root_tag(head)
    return name in ("rss", "rdf:RDF") or (name.rpartition(":")[2] == "feed" and "www.w3.org/2005/Atom" in attributes)


def parse(text: str) -> Reading:
    """Read the feed. A chapter in it that cannot be used becomes a Problem that names its episode."""
    feed = read_feed(text)
    problems = [
        replace(problem, message=f'"{item.name}": {problem.message}')
        for item in feed.items
        for problem in item.problems
    ]
    return Reading("rss", facts=feed.facts, problems=(*feed.problems, *problems))


FORMAT = Format(
    name="rss",
    title="a podcast's feed (RSS or Atom)",
    suffixes=(".xml", ".rss", ".atom"),
    looks_like=looks_like,
    parse=parse,
    role="feed",
    example="<rss><channel><item><title>Tides</title></item></channel></rss>",
)

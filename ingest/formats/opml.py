"""OPML, as a file: it holds no transcript, and says where feeds lie.

What is done with them is in `ingest.visits`; this says what it is.
"""

from __future__ import annotations

from ingest.formats import Format
from ingest.outlines import read_outlines
from ingest.reading import Facts, Reading
from ingest.trees import root_tag


def looks_like(head: str) -> bool:
    """The first element is ``opml``."""
    return root_tag(head)[0].casefold() == "opml"


def parse(text: str) -> Reading:
    """Read the list. An outline whose feed cannot be asked for becomes a Problem that names it."""
    outlines = read_outlines(text)
    return Reading("opml", facts=Facts(title=outlines.title), feeds=outlines.feeds, problems=outlines.problems)


FORMAT = Format(
    name="opml",
    title="a list of feeds (OPML)",
    suffixes=(".opml", ".xml"),
    looks_like=looks_like,
    parse=parse,
    role="feeds",
)

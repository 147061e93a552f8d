"""A transcript as HTML: a file for the feed, as Podcasting 2.0 has it, or a whole page with a transcript in it.

``<cite>Ada:</cite><time>0:30</time><p>words</p>`` is what the specification shows; what is published is also
``<p><b>Ada</b> [00:12:30] words</p>``, lists of terms, tables, and words with their seconds in attributes.
See https://github.com/Podcastindex-org/podcast-namespace/blob/main/transcripts/transcripts.md. `ingest.webpages` reads
all of it; a page that also lists chapters, or says which episode it is, is a ``page``.
"""

from __future__ import annotations

from ingest.formats import Format
from ingest.reading import Reading
from ingest.webpages import open_page, reading


def looks_like(text: str) -> bool:
    """HTML in which people talk, and that is not the page of an episode."""
    page = open_page(text)
    return page is not None and page.transcript is not None and not page.is_episode


def parse(text: str) -> Reading:
    """Read the transcript. What stands around it, and a time that is none, becomes a Problem.

    Raises TranscriptError where nobody talks.
    """
    return reading(text, "html_transcript")


FORMAT = Format(
    name="html_transcript",
    title="a transcript as HTML",
    suffixes=(".html", ".htm", ".xhtml"),
    looks_like=looks_like,
    parse=parse,
    looks_at_all=True,
    example="<cite>Ada:</cite>\n<time>0:30</time>\n<p>The tide is in.</p>",
)

"""Ways out of the pages: a browser's search field, a feed of a saved search, a card for somebody else's page."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from app import schemas
from app.guard import CONTENT_POLICY
from app.requests import InLibrary, PublicUrl
from app.site import templates
from playhead import links, rendering
from playhead.errors import NotFoundError
from playhead.model import Excerpt
from playhead.timestamps import write

router = APIRouter(include_in_schema=False)

ATOM = "http://www.w3.org/2005/Atom"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
# What is no character of XML 1.0 (2.2), however it is written, nor has a question any use for it.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Anybody may show a card: it holds nothing that a visitor could be led to click on by mistake.
CARD_POLICY = CONTENT_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


@router.get("/opensearch.xml")
def describe_search(public_url: PublicUrl) -> Response:
    """Lets a browser offer this archive in its own search field (OpenSearch 1.1)."""
    root = Element("OpenSearchDescription", {"xmlns": OPENSEARCH})
    SubElement(root, "ShortName").text = "Playhead"
    SubElement(root, "Description").text = "Ask a podcast archive a question."
    SubElement(root, "InputEncoding").text = "UTF-8"
    SubElement(root, "Image", width="16", height="16", type="image/svg+xml").text = f"{public_url}/static/playhead.svg"
    for kind, page in (("text/html", "/search"), ("application/atom+xml", "/search.atom")):
        SubElement(root, "Url", type=kind, template=f"{public_url}{page}?q={{searchTerms}}")
    return _xml(root, "application/opensearchdescription+xml")


@router.get("/search.atom")
def follow_search(
    request: Request, asked: Annotated[schemas.SearchForm, Query()], library: InLibrary, public_url: PublicUrl
) -> Response:
    """What answers a question as a feed (RFC 4287): a reader shows what it has not shown before."""
    found = library.search(asked.query())
    asked_for = urlencode(request.query_params.multi_items())  # a name is an address, whatever was typed
    address = f"{public_url}/search?{asked_for}"
    feed = Element("feed", {"xmlns": ATOM})
    SubElement(feed, "id").text = address
    SubElement(feed, "title").text = f"{found.query.text} · Playhead"
    SubElement(feed, "updated").text = _moment(
        max((each.episode.published for each in found.excerpts if each.episode.published), default=None)
    )
    SubElement(feed, "link", rel="alternate", type="text/html", href=address)
    itself = f"{public_url}/search.atom?{asked_for}"
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=itself)
    for excerpt in () if found.no_answer else found.excerpts:
        feed.append(_entry(excerpt, public_url))
    return _xml(feed, "application/atom+xml")


@router.get("/embed/{id}")
def show_card(
    request: Request,
    id: Annotated[str, Path(max_length=64)],  # noqa: A002 - the name is that of the API
    library: InLibrary,
    public_url: PublicUrl,
) -> Response:
    """One passage on its own, to be framed by another page."""
    view = library.view()
    segment = view.segment(id)
    episode = view.episode(segment.episode) if segment else None
    if segment is None or episode is None:
        raise NotFoundError(f"There is no passage {id!r}; it was removed, or its words have changed.")
    shown = schemas.Segment.model_validate(rendering.segment_as_dict(segment, episode, public_url=public_url))
    return templates.TemplateResponse(
        request,
        "embed.html",
        {"segment": shown, "language": episode.language},
        headers={"Content-Security-Policy": CARD_POLICY},
    )


def _entry(excerpt: Excerpt, public_url: str) -> Element:
    segment, episode = excerpt.segment, excerpt.episode
    entry = Element("entry")
    read = links.to_segment(segment, episode, public_url).read
    SubElement(entry, "id").text = f"{public_url}/embed/{segment.id}"
    at = "" if segment.time.start is None else f", {write(segment.time.start)}"
    SubElement(entry, "title").text = f"{episode.title}{at}"
    SubElement(entry, "updated").text = _moment(episode.published)
    author = SubElement(entry, "author")
    SubElement(author, "name").text = ", ".join(segment.speakers) or episode.podcast_title
    SubElement(entry, "link", rel="alternate", type="text/html", href=read)
    SubElement(entry, "summary").text = excerpt.answer.text
    SubElement(entry, "content", type="text").text = segment.text
    return entry


def _moment(day: date | None) -> str:
    """A day as Atom wants it, which knows no unknown one: then it is the first of all."""
    return f"{day or date(1970, 1, 1)}T00:00:00Z"


def _xml(root: Element, media_type: str) -> Response:
    written = _NOT_IN_XML.sub(" ", ElementTree.tostring(root, encoding="unicode"))
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n', media_type=media_type)

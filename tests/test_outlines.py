"""Lists of feeds, in every shape that players of podcasts export."""

from __future__ import annotations

import pytest

from ingest import outlines
from ingest.formats import read
from ingest.outlines import read_outlines
from playhead.errors import TranscriptError
from tests.pace import within


def opml(*inside: str, head: str = "<head><title>My shows</title></head>") -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><opml version="2.0">{head}<body>{"".join(inside)}</body></opml>'


def feeds(*inside: str) -> tuple[str, ...]:
    return read_outlines(opml(*inside)).feeds


TIDES = '<outline type="rss" text="Tides" title="Tides" xmlUrl="https://tides.example/feed?a=1&amp;b=2"/>'
ROPES = '<outline text="Ropes" xmlUrl="https://ropes.example/feed"/>'


def test_the_feeds_of_a_list_come_in_its_order_each_once_and_out_of_every_folder():
    found = read_outlines(
        opml(f'<outline text="feeds">{TIDES}<outline title="Winter">{ROPES}{TIDES}</outline></outline>', ROPES)
    )
    assert found.title == "My shows"
    assert found.feeds == ("https://tides.example/feed?a=1&b=2", "https://ropes.example/feed")
    assert found.problems == ()


@pytest.mark.parametrize("attribute", ["xmlUrl", "xmlurl", "xmlURL", "XMLURL", "XmlUrl"])
def test_an_address_is_found_in_whatever_case_its_name_is_written(attribute: str):
    assert feeds(f'<outline text="Tides" {attribute}=" https://tides.example/feed&#10;"/>') == (
        "https://tides.example/feed",
    )


def test_episodes_and_pages_among_the_feeds_are_no_feeds():
    """Overcast exports what was heard below its feed; others keep links to pages beside them."""
    heard = (
        '<outline type="podcast-episode" title="Bells" url="https://tides.example/1" enclosureUrl="https://a.b/1.mp3"/>'
    )
    inside = f'<outline type="rss" text="Tides" xmlUrl="https://tides.example/feed">{heard}</outline>'
    assert feeds(inside, '<outline type="link" text="Page" url="https://tides.example/"/>') == (
        "https://tides.example/feed",
    )
    assert feeds('<outline type="RSS" text="Tides" url="https://tides.example/feed"/>') == (
        "https://tides.example/feed",
    )


@pytest.mark.parametrize(
    "written",
    ["feed://tides.example/feed", "feed:http://tides.example/feed", "itpc://tides.example/feed", "pcast://tides.example/feed"],
)  # fmt: skip
def test_an_address_for_a_player_is_one_of_the_web(written: str):
    assert feeds(f'<outline text="Tides" xmlUrl="{written}"/>') == ("http://tides.example/feed",)


@pytest.mark.parametrize(
    "written", ["file:///etc/passwd", "ftp://tides.example/feed", "feed.xml", "javascript:alert(1)"]
)
def test_what_is_no_address_of_the_web_is_named_and_the_others_are_read(written: str):
    found = read_outlines(opml(f'<outline text="Odd" xmlUrl="{written}"/>', ROPES))
    assert found.feeds == ("https://ropes.example/feed",)
    assert [problem.message for problem in found.problems] == [f'"Odd" has no address of the web: {written}']


def test_a_list_is_told_from_a_feed_and_says_where_its_feeds_lie():
    reading = read(opml(TIDES, ROPES), "shows.xml")
    assert (reading.format, reading.facts.title, len(reading.feeds)) == ("opml", "My shows", 2)


@pytest.mark.parametrize("nothing", ["", '<outline text="An empty folder"/>', '<outline xmlUrl=""/>'])
def test_a_list_without_feeds_is_refused(nothing: str):
    with pytest.raises(TranscriptError, match="there is not one feed in this list"):
        read_outlines(opml(nothing))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (opml(TIDES)[:-9], "this is not XML"),
        ('<!DOCTYPE opml [<!ENTITY a "aaaa">]>' + opml(TIDES).split("?>")[1], "document type"),
        (opml("<outline>" * 100 + TIDES + "</outline>" * 100), "nested more than 64 deep"),
    ],
)
def test_a_list_that_is_no_honest_xml_is_refused(text: str, says: str):
    with pytest.raises(TranscriptError, match=says):
        read_outlines(text)


def test_ten_thousand_feeds_are_read_within_two_seconds_and_no_more():
    with within(2):
        found = read_outlines(opml(*(f'<outline text="{n}" xmlUrl="https://a.example/{n}"/>' for n in range(10_005))))
    assert len(found.feeds) == outlines.MOST_FEEDS
    assert [problem.message for problem in found.problems] == ["only the first 10000 of its 10005 feeds are read"]

"""What a feed says of its episodes, in every dialect feeds are written in."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.feeds import Item, read_feed
from playhead.errors import TranscriptError

NEW = "https://podcastindex.org/namespace/1.0"
OLD = "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"


def rss(item: str, channel: str = "<title>Night Harbour</title><language>en-GB</language>", podcast: str = NEW) -> str:
    return (
        f'<rss version="2.0" xmlns:podcast="{podcast}" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        f'xmlns:psc="http://podlove.org/simple-chapters" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel>{channel}<item>{item}</item></channel></rss>"
    )


def only(item: str, **more: str) -> Item:
    (found,) = read_feed(rss(item, **more)).items
    return found


def test_an_item_states_what_is_known_of_its_episode():
    item = only(
        "<itunes:title>Not this one</itunes:title><title>Tides &amp;amp; bells</title>"
        "<link>https://harbour.example.org/tides</link><pubDate>Tue, 08 Oct 2024 23:30:00 EST</pubDate>"
        "<description>&lt;p&gt;About &lt;b&gt;tides&lt;/b&gt;,&lt;/p&gt;&lt;p&gt;1 &amp;lt; 2.&lt;/p&gt;</description>"
        '<enclosure url="https://harbour.example.org/tides.mp3" length="1" type="audio/mpeg"/>'
        "<itunes:duration>1:00:27</itunes:duration>"
    )
    facts = item.facts
    assert (facts.title, facts.podcast_title, facts.language) == ("Tides & bells", "Night Harbour", "en-GB")
    assert (facts.published, facts.duration) == (date(2024, 10, 8), 3627.0)
    assert facts.page_url == "https://harbour.example.org/tides"
    assert facts.audio_url == item.enclosure == "https://harbour.example.org/tides.mp3"
    assert facts.description == "About tides,\n1 < 2."


@pytest.mark.parametrize("written", ["3627", "1:00:27", "60:27"])
def test_a_duration_is_written_in_three_ways(written: str):
    assert only(f"<itunes:duration>{written}</itunes:duration>").facts.duration == 3627.0


@pytest.mark.parametrize("written", ["", "0", "long", "-5", "1e400"])
def test_a_duration_that_is_none_is_unknown(written: str):
    assert only(f"<itunes:duration>{written}</itunes:duration>").facts.duration is None


@pytest.mark.parametrize("written", ["Tue, 8 Oct 2024 10:00:00 +0200", "08 Oct 2024 10:00 GMT", "2024-10-08T10:00:00Z"])
def test_a_day_is_read_however_it_is_written(written: str):
    assert only(f"<pubDate>{written}</pubDate>").facts.published == date(2024, 10, 8)


@pytest.mark.parametrize("written", ["", "yesterday", "Tue, 99 Oct 2024 10:00:00 +0200"])
def test_a_day_that_is_none_is_unknown(written: str):
    assert only(f"<pubDate>{written}</pubDate>").facts.published is None


@pytest.mark.parametrize("podcast", [NEW, OLD, NEW.upper() + "/"])
def test_every_transcript_is_found_and_the_best_comes_first(podcast: str):
    item = only(
        '<podcast:transcript url="a.txt" type="text/plain"/><podcast:transcript url="a.html" type="text/html"/>'
        '<podcast:transcript url="a.srt" type="application/x-subrip; charset=utf-8"/>'
        '<podcast:transcript url="de.json" type="application/json" language="de"/>'
        '<podcast:transcript url="a.vtt?key=1" type="application/octet-stream"/>'
        '<podcast:transcript url="a.json" type="application/json" language="en"/>'
        '<podcast:transcript url="" type="text/vtt"/><podcast:transcript/>'
        '<podcast:chapters url="chapters.json" type="application/json"/>',
        podcast=podcast,
    )
    assert item.transcripts == ("a.json", "a.vtt?key=1", "a.srt", "a.html", "a.txt", "de.json")
    assert item.chapters_at == "chapters.json"


def test_only_the_first_chapters_of_podlove_count():
    item = only(
        '<psc:chapters><psc:chapter start="3:07" title="Bells"/><psc:chapter start="0" title="Welcome"/></psc:chapters>'
        '<psc:chapters><psc:chapter start="0" title="Not these"/></psc:chapters>'
    )
    assert [(each.number, each.start, each.title) for each in item.chapters] == [
        (1, 0.0, "Welcome"),
        (2, 187.0, "Bells"),
    ]


@pytest.mark.parametrize(
    ("guid", "key"),
    [
        ("night-harbour-1", "night-harbour-1"),
        ("https://harbour.example.org/shows/tides.html", "tides"),
        ("https://harbour.example.org/?p=123", "p=123"),
        ("https://harbour.example.org/Mara%20%26%20Ojo/", "Mara & Ojo"),
        ("https://[broken/tides", "https://[broken/tides"),
    ],
)
def test_a_guid_that_is_an_address_tells_episodes_apart_by_its_end(guid: str, key: str):
    assert only(f"<guid>{guid}</guid>").key == key


def test_an_atom_feed_is_a_feed_too():
    (item,) = read_feed(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Night Harbour</title><entry><title type="html">T&lt;i&gt;i'
        '&lt;/i&gt;des</title><id>urn:1</id><published>2024-10-08T10:00:00Z</published><link href="https://a.example/1"/>'
        '<link rel="enclosure" href="https://a.example/1.mp3"/><summary>About tides.</summary></entry></feed>'
    ).items
    assert (item.facts.title, item.key, item.facts.published) == ("Tides", "urn:1", date(2024, 10, 8))
    assert (item.facts.page_url, item.facts.audio_url) == ("https://a.example/1", "https://a.example/1.mp3")
    assert item.facts.description == "About tides."


def test_a_feed_that_forgot_to_declare_its_prefixes_is_read():
    (item,) = read_feed(
        "<rss><channel><title>Podcast</title><item><title>Episode</title><itunes:duration>10</itunes:duration>"
        '<podcast:transcript url="a.vtt"/></item></channel></rss>'
    ).items
    assert (item.facts.duration, item.transcripts) == (10.0, ("a.vtt",))


def test_an_address_no_browser_may_open_is_no_link():
    item = only('<link>javascript:alert(1)</link><enclosure url="sound/1.mp3"/>')
    assert (item.facts.page_url, item.facts.audio_url, item.enclosure) == (None, None, "sound/1.mp3")


def test_a_feed_without_episodes_is_refused():
    with pytest.raises(TranscriptError, match="there is not one episode in this feed"):
        read_feed("<rss><channel><title>Night Harbour</title></channel></rss>")


def test_what_a_feed_holds_beyond_all_measure_is_left_and_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ingest.feeds.MOST_ITEMS", 2)
    feed = read_feed(rss("</item><item></item><item></item><item>"))
    assert len(feed.items) == 2
    assert [problem.message for problem in feed.problems] == ["only the first 2 of its 4 items are read"]

"""What a feed says of its episodes, in every dialect feeds are written in."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.feeds import Item, read_feed
from playhead.errors import TranscriptError
from playhead.model import Person

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
        ("https://harbour.example.org/episode.php?id=7", "episode id=7"),
        ("https://harbour.example.org/shows/tides/index.html", "tides"),
        ("https://harbour.example.org/", "https://harbour.example.org/"),
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


# People

MARA = '<podcast:person href="https://harbour.example.org/mara" img="mara.jpg" group="Cast">Mara Quill</podcast:person>'
OJO = '<podcast:person role="Guest">Ojo &amp;amp; the Bell</podcast:person>'
SHOW = "<title>Night Harbour</title>"


@pytest.mark.parametrize("podcast", [NEW, OLD, NEW.upper() + "/", OLD.replace("https", "http") + "/"])
def test_people_are_named_with_their_role_and_whoever_has_none_hosts(podcast: str):
    assert only(MARA + OJO, podcast=podcast).facts.people == (
        Person("Mara Quill", "host", "https://harbour.example.org/mara", "feed"),
        Person("Ojo & the Bell", "guest", None, "feed"),
    )


def test_the_people_of_an_episode_stand_in_place_of_those_of_the_show():
    assert [person.name for person in only("", channel=SHOW + MARA).facts.people or ()] == ["Mara Quill"]
    assert [person.name for person in only(OJO, channel=SHOW + MARA).facts.people or ()] == ["Ojo & the Bell"]


def test_somebody_is_one_person_however_often_they_are_named_and_nobody_is_none():
    nobody = '<podcast:person role="guest" href="https://a.example"> </podcast:person><podcast:person/>'
    assert only(nobody).facts.people is None
    assert only(nobody + OJO + OJO).facts.people == (Person("Ojo & the Bell", "guest", None, "feed"),)
    both = only(OJO + OJO.replace("Guest", "editor")).facts.people or ()
    assert [person.role for person in both] == ["guest", "editor"]


def test_a_person_has_no_address_that_a_browser_may_not_open():
    (person,) = only('<podcast:person href="javascript:alert(1)">Mara</podcast:person>').facts.people or ()
    assert person.url is None


def test_contributors_are_people_and_authors_may_be_companies():
    author = "<author>info@harbour.example</author><itunes:author>Harbour Media</itunes:author>"
    contributor = (
        "<atom:contributor><atom:name>Mara Quill</atom:name><atom:uri>https://a.example/mara</atom:uri>"
        "</atom:contributor>"
    )
    assert only(author).facts.people is None
    assert only(author + contributor).facts.people == (Person("Mara Quill", None, "https://a.example/mara", "feed"),)


def test_no_feed_names_more_people_than_can_be_in_a_room():
    crowd = "".join(f"<podcast:person>Extra {number}</podcast:person>" for number in range(500))
    assert len(only(crowd).facts.people or ()) == 100


# What else stands beside an item


@pytest.mark.parametrize(
    ("tags", "title"),
    [
        ("<title>Tides</title><podcast:season>2</podcast:season><podcast:episode>3</podcast:episode>", "Tides"),
        (
            "<podcast:season name='Winter'>2</podcast:season><podcast:episode>3.5</podcast:episode>",
            "Season 2, episode 3.5",
        ),
        ("<itunes:episode>3</itunes:episode>", "Episode 3"),
        ("<itunes:season>3</itunes:season>", None),
    ],
)
def test_an_item_without_a_title_is_called_by_its_numbers(tags: str, title: str | None):
    assert only(tags).facts.title == title


def test_what_is_live_is_no_episode_until_it_is_published():
    live = (
        '<podcast:liveItem status="live" start="2024-10-08T10:00:00Z"><title>Now</title><guid>live</guid>'
        '<podcast:transcript url="live.vtt" type="text/vtt"/></podcast:liveItem>'
    )
    feed = read_feed(rss("<title>Tides</title>", channel=f"<title>Night Harbour</title>{live}"))
    assert [item.name for item in feed.items] == ["Tides"]


@pytest.mark.parametrize(
    ("tags", "enclosure"),
    [
        ('<enclosure url="a.mp4" type="video/mp4"/><enclosure url="a.mp3" type="audio/mpeg"/>', "a.mp3"),
        ('<enclosure url="a.jpg" type="image/jpeg"/><enclosure url="a.mp3"/>', "a.mp3"),
        ('<enclosure url="a.mp4" type="video/mp4"/>', "a.mp4"),
        ('<podcast:alternateEnclosure type="audio/opus"><podcast:source uri="a.opus"/></podcast:alternateEnclosure>'
         '<enclosure url="a.mp3" type="audio/mpeg"/>', "a.mp3"),
        ('<podcast:alternateEnclosure type="video/mp4" default="true"><podcast:source uri="a.mp4"/>'
         '</podcast:alternateEnclosure><podcast:alternateEnclosure type="audio/opus"><podcast:source/>'
         '<podcast:source uri="a.opus"/></podcast:alternateEnclosure>', "a.opus"),
        ('<podcast:alternateEnclosure type="audio/opus"/>', None),
    ],
)  # fmt: skip
def test_the_sound_is_heard_before_it_is_seen(tags: str, enclosure: str | None):
    assert only(tags).enclosure == enclosure


@pytest.mark.parametrize("prefix", ["podcast", "pc", "itunes"])
def test_a_prefix_is_only_a_name_for_its_address(prefix: str):
    (item,) = read_feed(
        f'<rss><channel xmlns:{prefix}="{NEW}"><item><{prefix}:person>Mara</{prefix}:person>'
        f'<{prefix}:transcript url="a.vtt"/><podcast:chapters xmlns:podcast="{OLD}" url="c.json"/></item></channel>'
        "</rss>"
    ).items
    assert ([person.name for person in item.facts.people or ()], item.transcripts) == (["Mara"], ("a.vtt",))
    assert item.chapters_at == "c.json"


@pytest.mark.parametrize(
    "written",
    ["Tue, 8 Oct 2024", "8 Oct 2024", "Tue, 08 Oct 2024 24:00:00 GMT", "2024-10-08 10:00:00 +0000", "2024-10-08"],
)
def test_a_day_is_read_whatever_its_clock_says(written: str):
    item = only(f"<pubDate>{written}</pubDate>")
    assert (item.facts.published, item.problems) == (date(2024, 10, 8), ())


@pytest.mark.parametrize(
    "written",
    ["Thu, 01 Jan 1970 00:00:00 +0000", "Wed, 31 Dec 1969 19:00:00 -0500", "Mon, 30 Nov -0001 00:00:00 +0000"],
)
def test_the_day_of_a_clock_at_zero_is_unknown(written: str):
    assert only(f"<pubDate>{written}</pubDate>").facts.published is None


def test_what_a_feed_states_and_nobody_understands_is_said():
    item = only("<pubDate>Di, 08 Okt 2024</pubDate><itunes:duration>62 min</itunes:duration>")
    assert [problem.message for problem in item.problems] == [
        "the feed's date is not understood: Di, 08 Okt 2024; as in Tue, 08 Oct 2024",
        "the feed's duration is not understood: 62 min; as in 3627 or 1:00:27",
    ]


def test_a_duration_may_be_a_period_of_iso_8601():
    assert only("<itunes:duration>PT1H2M3S</itunes:duration>").facts.duration == 3723.0


@pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf", "text/html"])
def test_a_picture_or_a_paper_is_no_sound(kind: str):
    item = only(f'<enclosure url="https://harbour.example.org/cover.jpeg" length="0" type="{kind}"/>')
    assert (item.enclosure, item.facts.audio_url) == (None, None)


def test_a_title_keeps_what_is_in_brackets_and_no_formatting():
    titles = (
        "List&lt;T&gt; and the &lt;dialog&gt; element",
        "&lt;em&gt;Tides&lt;/em&gt; &amp;amp; &lt;a href='/bells'&gt;bells&lt;/a&gt;",
    )
    items = read_feed(rss(f"<title>{titles[0]}</title></item><item><title>{titles[1]}</title>")).items
    assert [item.facts.title for item in items] == ["List<T> and the <dialog> element", "Tides & bells"]


def test_addresses_without_a_host_begin_where_the_feed_lies():
    tags = '<link>/tides</link><enclosure url="//cdn.example.org/tides.mp3" type="audio/mpeg"/>'
    here = read_feed(rss(tags), "https://harbour.example.org/feed.xml").items[0].facts
    show = "<title>Night Harbour</title><link>https://harbour.example.org</link>"
    there = read_feed(rss(tags, show)).items[0].facts
    assert here.page_url == there.page_url == "https://harbour.example.org/tides"
    assert here.audio_url == there.audio_url == "https://cdn.example.org/tides.mp3"


def test_a_guid_that_is_an_address_is_the_page_where_no_other_is_named():
    assert only("<guid>https://harbour.example.org/tides</guid>").facts.page_url == "https://harbour.example.org/tides"
    assert only('<guid isPermaLink="false">https://harbour.example.org/?p=1</guid>').facts.page_url is None


def test_items_whose_guids_end_alike_are_told_apart():
    guids = ("ep/1/listen", "ep/2/listen", "12.1", "12.2", "tides")
    items = "</item><item>".join(f"<guid>https://harbour.example.org/{guid}</guid>" for guid in guids)
    keys = [item.key for item in read_feed(rss(items)).items]
    assert keys == ["ep 1 listen", "ep 2 listen", "12.1", "12.2", "tides"]


def test_items_without_a_guid_whose_transcripts_are_called_alike_are_told_apart():
    items = "</item><item>".join(
        f'<title>Part {number}</title><podcast:transcript url="/{number}/transcript.vtt" type="text/vtt"/>'
        for number in (1, 2)
    )
    feed = read_feed(rss(items), "https://harbour.example.org/feed.xml")
    assert [item.key for item in feed.items] == ["Part 1", "Part 2"]


def test_simple_chapters_may_lie_elsewhere():
    link = '<atom:link rel="http://podlove.org/simple-chapters" href="https://harbour.example.org/tides.psc"/>'
    inside = '<psc:chapters><psc:chapter start="0" title="Hello"/></psc:chapters>'
    assert only(link).chapters_at == "https://harbour.example.org/tides.psc"
    assert only(link + inside).chapters_at is None


def test_a_feed_of_youtube_describes_its_videos():
    (item,) = read_feed(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><entry>'
        "<id>yt:video:tides</id><title>Tides</title>"
        "<media:group><media:title>Tides</media:title><media:description>About tides.\n0:00 Hello\n1:00 Bells"
        "</media:description></media:group></entry></feed>"
    ).items
    assert item.facts.description == "About tides.\n0:00 Hello\n1:00 Bells"


def test_a_page_or_a_sound_at_an_address_that_is_none_is_unknown():
    facts = only('<link>http://[1</link><enclosure url="https://[2/1.mp3" type="audio/mpeg"/>').facts
    assert (facts.page_url, facts.audio_url) == (None, None)


def test_what_is_not_understood_in_a_feed_is_named_by_the_feed_and_its_line():
    text = (
        "\n<rss><channel><item>\n<title>Tides</title>\n<pubDate>soon</pubDate>\n<itunes:duration>long</itunes:duration>\n"
        '<psc:chapters><psc:chapter start="0" title="Hello"/>\n<psc:chapter start="xx" title="?"/></psc:chapters>\n'
        "</item></channel></rss>"
    )
    (item,) = read_feed(text, name="shows/feed.xml").items
    assert [(problem.path, problem.line) for problem in item.problems] == [
        ("shows/feed.xml", line) for line in (4, 5, 7)
    ]

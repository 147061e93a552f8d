"""Feeds on the web: every episode with its best transcript, as if its files lay on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple
from datetime import date
from functools import partial
from itertools import count, islice
from pathlib import Path

import pytest

from ingest import fetch as fetching
from ingest.downloads import Downloads
from ingest.fetch import places
from ingest.manners import Manners
from ingest.pipeline import Added, Event, Published, Unchanged, ingest, rehearse
from ingest.preparing import prepare
from ingest.sources import Source, Unreadable
from ingest.visits import bring
from playhead.engine import Subscription
from playhead.errors import FetchError, InputError, UnknownFormatError
from playhead.library import Library, open_library
from playhead.settings import Settings
from tests.doubles import HashingEmbedder
from tests.web import Page, Web, web

CUES = """WEBVTT

00:00:01.000 --> 00:00:04.000
<v Ada Marsh>The tide comes in at night, and nobody sees it come.

00:00:05.000 --> 00:00:09.000
<v Ben Quay>Then who rings the bell of the harbour, if nobody does?
"""
SUBTITLES = "1\n00:00:01,000 --> 00:00:04,000\nThe tide comes in at night, and nobody sees it come.\n"
LABELLED = json.dumps(
    {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Ada Marsh", "startTime": 1.0, "endTime": 4.0, "body": "The tide comes in at night."},
            {"speaker": "Ben Quay", "startTime": 5.0, "endTime": 9.0, "body": "Then who rings the bell?"},
        ],
    }
)
LOST = """<!DOCTYPE html><html><head><title>404: not here</title></head><body><h1>Oh no</h1>
<p>Nobody has ever been here. <a href="/">Go home.</a></p></body></html>"""
CHAPTERS = json.dumps({"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Tides"}]})


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.0)
    with web() as found:
        yield found


@pytest.fixture
def downloads(served: Web, tmp_path: Path) -> Downloads:
    return Downloads(tmp_path, places(served.place))


def transcript(address: str, kind: str) -> str:
    return f'<podcast:transcript url="{address}" type="{kind}"/>'


def item(number: int, *tags: str) -> str:
    return (
        f'<item><title>Episode {number}</title><guid isPermaLink="false">nh-{number}</guid>'
        f"<link>https://harbour.example.org/{number}</link><pubDate>Tue, 08 Oct 2024 10:00:00 GMT</pubDate>"
        f'<enclosure url="https://harbour.example.org/{number}.mp3" type="audio/mpeg"/>{"".join(tags)}</item>'
    )


def feed(*items: str) -> str:
    return (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
        f"<title>Night Harbour</title>{''.join(items)}</channel></rss>"
    )


def only(downloads: Downloads, url: str, podcast: str | None = None) -> Source:
    (source,) = downloads.open(url, podcast).sources
    assert isinstance(source, Source), source
    return source


def test_a_feed_brings_an_episode_with_its_chapters_and_its_links(served: Web, downloads: Downloads):
    served.put("/t/1.json", LABELLED, Content_Type="application/json")
    served.put("/c/1.json", CHAPTERS, Content_Type="application/json")
    chapters = '<podcast:chapters url="/c/1.json" type="application/json+chapters"/>'
    url = served.put("/feed.xml", feed(item(1, transcript(served.url("/t/1.json"), "application/json"), chapters)))

    episode = prepare(only(downloads, url)).episode

    assert (episode.id, episode.title, episode.podcast_title) == ("night-harbour/nh-1", "Episode 1", "Night Harbour")
    assert (episode.page_url, episode.audio_url) == (
        "https://harbour.example.org/1",
        "https://harbour.example.org/1.mp3",
    )
    assert episode.published == date(2024, 10, 8)
    assert [chapter.title for chapter in episode.chapters] == ["Tides"]


def test_only_the_best_transcript_is_asked_for(served: Web, downloads: Downloads):
    served.put("/1.json", LABELLED)
    served.put("/1.vtt", CUES)
    url = served.put(
        "/feed", feed(item(1, transcript("/1.vtt", "text/vtt"), transcript("/1.json", "application/json")))
    )

    made = prepare(only(downloads, url))

    assert {turn.speaker for turn in made.transcript.turns} == {"Ada Marsh", "Ben Quay"}
    assert served.paths == ["/feed", "/1.json"]


@pytest.mark.parametrize(
    "broken", ["", "WEBVTT\n", "{", '{"version": "1.0.0", "segments": []}', CHAPTERS, "\x00\x01\x02", LOST, None]
)
def test_the_next_transcript_is_taken_where_the_best_is_empty_or_broken(
    served: Web, downloads: Downloads, broken: str | None
):
    if broken is not None:
        served.put("/1.json", broken, Content_Type="application/json")
    served.put("/1.srt", SUBTITLES)
    url = served.put(
        "/feed", feed(item(1, transcript("/1.srt", "application/srt"), transcript("/1.json", "application/json")))
    )

    made = prepare(only(downloads, url))

    assert made.transcript.text == "The tide comes in at night, and nobody sees it come."
    assert [problem.path for problem in made.problems] == [served.url("/1.json")]


def test_what_a_transcript_is_said_to_be_does_not_matter_where_it_can_be_read(served: Web, downloads: Downloads):
    served.put("/1", CUES, Content_Type="application/json")
    url = served.put("/feed", feed(item(1, transcript("/1", "text/html"))))
    assert len(prepare(only(downloads, url)).transcript.turns) == 2


def test_another_language_is_read_where_that_of_the_show_is_broken(served: Web, downloads: Downloads):
    served.put("/de.json", LABELLED.replace("The tide comes in at night", "Die Flut kommt nachts"))
    served.put("/en.srt", "")
    tags = (
        '<podcast:transcript url="/de.json" type="application/json" language="de"/>'
        '<podcast:transcript url="/en.srt" type="application/srt" language="en-GB"/>'
    )
    show = feed(item(1, tags)).replace("</title><item>", "</title><language>en</language><item>")

    assert "Die Flut" in prepare(only(downloads, served.put("/feed", show))).transcript.text
    assert served.paths == ["/feed", "/en.srt", "/de.json"]


def test_an_episode_whose_transcripts_all_fail_says_why_and_the_others_come(served: Web, downloads: Downloads):
    served.pages["/1.vtt"] = Page(status=410)
    served.put("/1.json", "{")
    served.put("/2.vtt", CUES)
    both = transcript("/1.vtt", "text/vtt"), transcript("/1.json", "application/json")
    url = served.put("/feed", feed(item(1, *both), item(2, transcript("/2.vtt", "text/vtt"))))

    failed, waiting, source = downloads.open(url).sources

    assert isinstance(failed, Unreadable)
    assert isinstance(waiting, Source)
    assert (waiting.episode_id, waiting.has_words) == ("night-harbour/nh-1", False)
    said = str(failed.error)
    assert '"Episode 1" has no transcript' in said
    assert f"{served.url('/1.vtt')} answers 410" in said
    assert served.url("/1.json") in said
    assert isinstance(source, Source)
    assert source.episode_id == "night-harbour/nh-2"


def test_episodes_without_a_transcript_come_with_what_the_feed_says_of_them(served: Web, downloads: Downloads):
    served.put("/2.vtt", CUES)
    served.put("/c.json", CHAPTERS)
    chapters = '<podcast:chapters url="/c.json" type="application/json+chapters"/>'
    url = served.put("/feed", feed(item(1), item(2, transcript("/2.vtt", "text/vtt")), item(3, chapters)))

    remote = downloads.open(url)
    sources = [each for each in remote.sources if isinstance(each, Source)]
    events = [each for each in rehearse(sources) if isinstance(each, Added)]

    assert remote.count == 3
    assert [each.name for each in sources] == [f"{url}: Episode 1", served.url("/2.vtt"), served.url("/c.json")]
    assert [each.transcribed for each in events] == [False, True, False]
    assert [chapter.title for chapter in prepare(sources[2]).episode.chapters] == ["Tides"]


@pytest.mark.parametrize("chapters", ["{", LABELLED, None])
def test_chapters_that_cannot_be_had_are_a_problem_and_not_the_end(
    served: Web, downloads: Downloads, chapters: str | None
):
    served.put("/1.vtt", CUES)
    if chapters is not None:
        served.put("/c.json", chapters)
    url = served.put("/feed", feed(item(1, transcript("/1.vtt", "text/vtt"), '<podcast:chapters url="/c.json"/>')))

    made = prepare(only(downloads, url))

    assert made.episode.chapters == ()
    assert [problem.path for problem in made.problems] == [served.url("/c.json")]


def test_places_in_a_fetched_file_are_named_by_its_address(served: Web, downloads: Downloads):
    served.put("/1.vtt", CUES + "\n00:00:0x.000 --> 00:00:12.000\nAnd no more.\n")
    url = served.put("/feed", feed(item(1, transcript("/1.vtt", "text/vtt"))))

    source = only(downloads, url)

    assert source.name == served.url("/1.vtt")
    problems = prepare(source).problems
    assert problems
    assert {problem.path for problem in problems} == {served.url("/1.vtt")}


@pytest.mark.parametrize("address", ["/1.vtt", "/t?id=1", "/%2e%2e/%2fetc/x", "/" + "long" * 200, "/episode.toml"])
def test_a_transcript_is_read_whatever_its_address_is_called(served: Web, downloads: Downloads, address: str):
    served.put(address, CUES, Content_Type="text/vtt; charset=utf-8")
    url = served.put("/feed", feed(item(1, transcript(served.url(address), "text/vtt"))))

    assert len(prepare(only(downloads, url)).transcript.turns) == 2


def test_the_address_of_a_transcript_is_an_episode_of_its_host(served: Web, downloads: Downloads):
    url = served.put("/files/the-tide.vtt", CUES)

    assert only(downloads, url).episode_id == "127-0-0-1/the-tide"
    assert only(downloads, url, "Night Harbour").episode_id == "night-harbour/the-tide"


def test_a_page_that_is_neither_is_named_by_its_address(served: Web, downloads: Downloads):
    url = served.put("/", "\x01\x02 nothing in particular")
    with pytest.raises((UnknownFormatError, InputError)) as refused:
        downloads.open(url)
    assert str(refused.value).startswith(url)


def test_chapters_alone_are_no_episode(served: Web, downloads: Downloads):
    url = served.put("/chapters.json", CHAPTERS)
    with pytest.raises(InputError, match="this holds chapters and no transcript") as refused:
        downloads.open(url)
    assert str(refused.value).startswith(url)


def test_a_feed_cannot_lead_to_this_machine(served: Web, downloads: Downloads):
    """The feed's own place is allowed; what it names is judged by itself."""
    url = served.put("/feed", feed(item(1, transcript("http://127.0.0.1/admin.vtt", "text/vtt"))))
    refused, waiting = downloads.open(url).sources
    assert isinstance(refused, Unreadable)
    assert "PLAYHEAD_ALLOW_HOSTS" in str(refused.error)
    assert isinstance(waiting, Source)
    assert not waiting.has_words


def test_a_feed_that_did_not_change_is_not_sent_again(served: Web, downloads: Downloads):
    served.put("/1.vtt", CUES)
    url = served.put("/feed", feed(item(1, transcript("/1.vtt", "text/vtt"))), ETag='"1"')
    first = downloads.open(url)
    assert len(list(first.sources)) == 1

    again = downloads.open(url, etag=first.fetched.etag, last_modified=first.fetched.last_modified)

    assert (again.fetched.status, list(again.sources)) == (304, [])
    assert served.paths == ["/feed", "/1.vtt", "/feed"]


def test_what_did_not_change_is_not_read_again_and_what_did_is(served: Web, tmp_path: Path):
    served.put("/1.vtt", CUES)
    served.put("/2.vtt", CUES)
    url = served.put("/feed", feed(*(item(n, transcript(f"/{n}.vtt", "text/vtt")) for n in (1, 2))))
    library = open_library(Settings(engine=f"embedded:{tmp_path / 'index'}"), writing=True, embedder=HashingEmbedder())

    def run(name: str) -> list[type]:
        (tmp_path / name).mkdir()
        remote = Downloads(tmp_path / name, places(served.place)).open(url)
        return [type(event) for event in ingest(remote.sources, library)][:2]

    assert run("first") == [Added, Added]
    assert run("second") == [Unchanged, Unchanged]
    served.put("/2.vtt", CUES.replace("at night", "at noon"))
    assert run("third") == [Unchanged, Added]
    library.close()


def test_a_feed_that_is_not_there_is_an_error(served: Web, downloads: Downloads):
    with pytest.raises(FetchError, match="404"):
        downloads.open(served.url("/none"))


# Receipts


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(Settings(engine=f"embedded:{tmp_path / 'index'}"), writing=True, embedder=HashingEmbedder())
    yield opened
    opened.close()


@pytest.fixture
def visit(served: Web, tmp_path: Path, library: Library):
    """Visit an address as `playhead ingest` does; what came of it, and what was asked for meanwhile."""
    numbers = count()

    def go(
        feed: str | Subscription, most: int | None = None, manners: Manners | None = None
    ) -> tuple[list[type[Event]], list[str]]:
        subscription = Subscription(feed) if isinstance(feed, str) else feed
        folder = tmp_path / f"visit {next(numbers)}"
        folder.mkdir()
        asked = len(served.asked)
        downloads = Downloads(folder, places(served.place), library.engine.receipts, manners)
        remote = downloads.open(*astuple(subscription))
        run = partial(ingest, library=library)
        events = list(islice(bring(remote, subscription, downloads, library.engine, run), most))
        return [type(event) for event in events if not isinstance(event, Published)], served.paths[asked:]

    return go


def of_two(served: Web, **headers: str) -> str:
    """A feed of two episodes with transcripts and the first one's chapters, each file with these headers."""
    for path, body in (("/1.vtt", CUES), ("/1.json", CHAPTERS), ("/2.vtt", CUES.replace("night", "noon"))):
        served.put(path, body, **headers)
    chapters = '<podcast:chapters url="/1.json"/>'
    return served.put(
        "/feed", feed(item(1, transcript("/1.vtt", "text/vtt"), chapters), item(2, transcript("/2.vtt", "text/vtt")))
    )


@pytest.mark.parametrize("mark", [{"ETag": '"1"'}, {"Last_Modified": "Tue, 08 Oct 2024 10:00:00 GMT"}])
def test_a_file_that_its_host_says_is_as_it_was_is_not_fetched_again(served: Web, visit, mark: dict[str, str]):
    url = of_two(served, **mark)
    assert visit(url)[0] == [Added, Added]
    sent = served.sent

    assert visit(url) == ([Unchanged, Unchanged], ["/feed", "/1.vtt", "/1.json", "/2.vtt"])
    assert served.sent - sent == len(served.pages["/feed"].body)


def test_where_one_file_of_an_episode_has_changed_all_of_it_is_read_again_and_asked_for_once(served: Web, visit):
    url = of_two(served, ETag='"1"')
    visit(url)
    served.put("/1.json", CHAPTERS.replace("Tides", "Bells"), ETag='"2"')

    assert visit(url) == ([Added, Unchanged], ["/feed", "/1.vtt", "/1.json", "/1.vtt", "/2.vtt"])
    assert visit(url)[0] == [Unchanged, Unchanged]


def test_what_the_feed_says_of_an_episode_counts_as_well(served: Web, visit):
    url = of_two(served, ETag='"1"')
    visit(url)
    served.put("/feed", served.pages["/feed"].body.decode().replace("Episode 2", "The bell"))

    assert visit(url) == ([Unchanged, Added], ["/feed", "/1.vtt", "/1.json", "/2.vtt"])


def test_an_episode_that_was_taken_out_is_fetched_again(served: Web, visit, library: Library):
    url = of_two(served, ETag='"1"')
    visit(url)
    library.engine.remove("night-harbour/nh-1")

    assert visit(url)[0] == [Added, Unchanged]


def test_a_visit_that_breaks_off_goes_on_where_it_stopped_and_asks_for_nothing_twice(served: Web, visit):
    """Also of a host that has no marks to tell a changed file by."""
    url = of_two(served)
    assert visit(url, most=1)[0] == [Added]

    assert visit(url) == ([Unchanged, Added], ["/feed", "/2.vtt"])
    assert visit(url) == ([Unchanged, Unchanged], ["/feed", "/1.vtt", "/1.json", "/2.vtt"])


def test_what_could_not_be_read_is_asked_for_at_the_next_visit(served: Web, visit):
    served.put("/1.json", "{", ETag='"1"')
    served.put("/1.vtt", CUES, ETag='"1"')
    both = transcript("/1.vtt", "text/vtt"), transcript("/1.json", "application/json")
    url = served.put("/feed", feed(item(1, *both)))
    visit(url)
    served.put("/1.json", LABELLED.replace("at night", "at night, and nobody sees it come"), ETag='"2"')

    assert visit(url) == ([Added], ["/feed", "/1.json"])


def test_a_transcript_alone_is_not_fetched_again_either(served: Web, visit, library: Library):
    url = served.put("/tides.vtt", CUES, ETag='"1"')
    assert visit(url)[0] == [Added]
    sent = served.sent

    assert visit(url) == ([Unchanged], ["/tides.vtt"])
    assert served.sent == sent
    served.put("/tides.vtt", CUES.replace("night", "noon"), ETag='"2"')
    assert visit(url)[0] == [Added]
    assert library.engine.subscriptions() == []


def test_a_feed_without_failures_is_only_asked_whether_it_changed(served: Web, visit, library: Library):
    url = of_two(served, ETag='"1"')
    served.pages["/feed"].headers["ETag"] = '"feed 1"'
    visit(url)

    (known,) = library.engine.subscriptions()
    assert visit(known) == ([], ["/feed"])


def test_a_feed_that_has_moved_for_good_is_followed_there_with_its_receipts(served: Web, visit, library: Library):
    url = of_two(served, ETag='"1"')
    visit(url)
    served.pages["/new"] = served.pages.pop("/feed")
    served.send_on("/feed", "/new", status=301)

    assert visit(url) == ([Unchanged, Unchanged], ["/feed", "/new", "/1.vtt", "/1.json", "/2.vtt"])
    assert [each.url for each in library.engine.subscriptions()] == [served.url("/new")]
    sent = served.sent
    assert visit(served.url("/new"))[0] == [Unchanged, Unchanged]
    assert served.sent - sent == len(served.pages["/new"].body)


def test_a_feed_that_is_elsewhere_for_now_is_followed_where_it_was(served: Web, visit, library: Library):
    served.pages["/new"] = served.pages.pop(of_two(served).removeprefix(f"http://{served.place}"))
    visit(served.send_on("/feed", "/new", status=302))

    assert [each.url for each in library.engine.subscriptions()] == [served.url("/feed")]


def test_a_host_that_is_busy_in_the_middle_is_waited_for(served: Web, visit):
    url = of_two(served)
    served.first["/2.vtt"] = [Page(status=429, headers={"Retry-After": "30"})]
    waited: list[float] = []

    assert visit(url, manners=Manners(sleep=waited.append))[0] == [Added, Added]
    assert max(waited) == pytest.approx(30, abs=1)


def test_a_feed_that_says_it_has_moved_is_believed_by_whoever_reads_it(served: Web, tmp_path: Path):
    """Such a line is often forgotten, or names the feed itself."""
    told: list[str] = []
    downloads = Downloads(tmp_path, places(served.place), manners=Manners(told.append))

    def moved(to: str) -> str:
        tag = (
            f'<itunes:new-feed-url xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">{to}</itunes:new-feed-url>'
        )
        return feed(item(1)).replace("<item>", f"{tag}<item>", 1)

    downloads.open(served.put("/feed", moved(served.url("/feed"))))
    assert told == []
    url = served.put("/feed", moved("https://harbour.example.org/new"))
    downloads.open(url)
    assert told == [f"{url}: says that it has moved; playhead ingest https://harbour.example.org/new follows it there."]


# Lists of feeds


def test_a_list_of_feeds_is_opened_as_what_it_lists(served: Web, downloads: Downloads):
    url = served.put(
        "/shows",
        '<opml version="2.0"><body><outline text="Tides" xmlUrl="https://tides.example/feed"/>'
        '<outline text="Odd" xmlUrl="file:///etc/passwd"/></body></opml>',
    )
    remote = downloads.open(url)
    (odd,) = remote.sources
    assert (remote.is_feed, remote.feeds, remote.count) == (False, ("https://tides.example/feed",), 1)
    assert isinstance(odd, Unreadable)
    assert str(odd.error).startswith(f'{url}:1: "Odd" has no address of the web')


def test_an_address_that_is_none_stops_no_other_item(served: Web, downloads: Downloads):
    served.put("/a.vtt", CUES)
    url = served.put(
        "/feed.xml",
        feed(
            item(1, transcript("http://[bad", "text/vtt")),
            item(2, transcript("/a.vtt", "text/vtt"), '<podcast:chapters url="http://[::1" type="application/json"/>'),
        ),
    )
    first, _, second = downloads.open(url).sources
    assert isinstance(first, Unreadable)
    assert "http://[bad" in str(first.error)
    assert isinstance(second, Source)
    assert second.episode_id == "night-harbour/nh-2"


def test_an_item_that_stands_in_its_feed_twice_is_one_episode(served: Web, downloads: Downloads):
    url = served.put("/feed.xml", feed(item(1), item(1)))
    first, second = downloads.open(url).sources
    assert isinstance(first, Source)
    assert isinstance(second, Source)
    assert (first.episode_id, first.fingerprint) == (second.episode_id, second.fingerprint)


def test_an_item_without_a_guid_is_not_listed_before_its_transcript_names_it(served: Web, downloads: Downloads):
    url = served.put("/feed.xml", feed(f"<item><title>Tides</title>{transcript('/gone.vtt', 'text/vtt')}</item>"))
    (failed,) = downloads.open(url).sources
    assert isinstance(failed, Unreadable)

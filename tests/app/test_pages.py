"""The pages, read as they are sent: what they say, where they lead, and that words never become markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from app import schemas
from app.main import create_app
from app.marks import cut
from app.pages import Result, find_place
from app.site import static, under
from playhead import exports, links
from playhead.library import Library
from playhead.links import landing
from playhead.model import Answer, Edition, Episode, Excerpt, Segment, Sentence
from playhead.rendering import excerpt_as_dict
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import LOCKS, NIGHT, SCRIPT, Recorded, Said, fill, record


class _Reader(HTMLParser):
    """Collects tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self) -> list[str]:
        return [attributes["href"] or "" for tag, attributes in self.tags if tag == "a"]


def _read(ask: TestClient, path: str, **parameters: object) -> _Reader:
    response = ask.get(path, params=parameters)  # type: ignore[arg-type]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return _Reader(response.text)


def test_the_start_says_what_there_is(ask: TestClient) -> None:
    page = _read(ask, "/")
    assert "/episodes/the-long-run/13" in page.links()
    assert "3 episodes of 2 podcasts, 11 passages to find" in page.words
    assert [attributes["action"] for tag, attributes in page.tags if tag == "form"] == ["/search"]


def test_a_phrase_that_nobody_says_is_named(ask: TestClient) -> None:
    page = ask.get("/search", params={"q": 'why "not <slower>"'}).text
    assert "No passage says “<bdi>not &lt;slower&gt;</bdi>”." in page


def test_an_excerpt_marks_the_sentence_that_answers_and_the_words_asked_for(ask: TestClient) -> None:
    page = ask.get("/search", params={"q": "free-threaded build slower locks", "speaker": "Grace Okoye"}).text
    assert page.count("<mark>") == page.count("</mark>") >= 1
    marked = re.search(r"<mark>(.*?)</mark>", page)
    assert marked
    assert re.sub("<.*?>", "", marked[1]).startswith("The free-threaded build is slower because")
    assert "<b>free-threaded build</b>" in marked[1]


def test_a_time_is_shown_with_how_far_off_it_may_be_and_an_unknown_one_as_unknown(ask: TestClient) -> None:
    page = _read(ask, "/search", q="locks bill answer", speaker="Grace Okoye").words
    assert re.search(r"1:52\s+± 6 s", page)
    night = _read(ask, "/search", q="night bus", podcast="night-shift").words
    assert "time not known" in night
    assert "0:00" not in night


def test_play_is_offered_only_where_there_is_audio(ask: TestClient) -> None:
    def sources(**parameters: str) -> list[str | None]:
        page = _read(ask, "/search", **parameters)
        return [attributes["src"] for tag, attributes in page.tags if tag == "audio" and "src" in attributes]

    assert "https://longrun.example/12.mp3#t=108" in sources(q="locks bill answer", speaker="Grace Okoye")
    assert sources(q="night bus", podcast="night-shift") == []


def test_filters_are_chips_that_can_be_taken_away_and_stay_with_the_next_question(ask: TestClient) -> None:
    page = _read(ask, "/search", q="slower", speaker=["Ada Moss", "Grace Okoye"], since="2024-01-01", mode="words")
    assert "Ada Moss ×" in page.words
    assert "since 1 January 2024 ×" in page.words
    left = {
        frozenset(name for name, _ in parse_qs(urlsplit(link).query).items())
        for link in page.links()
        if link.startswith("/search")
    }
    assert {"q", "speaker", "mode"} in left
    assert {"q", "speaker", "since"} in left
    hidden = [
        (each["name"], each["value"]) for tag, each in page.tags if tag == "input" and each.get("type") == "hidden"
    ]
    assert sorted(hidden) == [
        ("mode", "words"),
        ("since", "2024-01-01"),
        ("speaker", "Ada Moss"),
        ("speaker", "Grace Okoye"),
    ]


def test_every_link_of_a_search_page_leads_to_a_page(ask: TestClient) -> None:
    page = _read(ask, "/search", q="slower", limit=2, podcast="the-long-run", since="2024-01-01")
    ours = {link for link in page.links() if link.startswith("/")}
    assert len(ours) > 6
    assert {link: ask.get(link).status_code for link in ours} == dict.fromkeys(ours, 200)


def test_pages_of_results_follow_each_other(ask: TestClient) -> None:
    first = _read(ask, "/search", q="slower", limit=2)
    following = [attributes["href"] for tag, attributes in first.tags if attributes.get("rel") == "next"]
    assert len(following) == 1
    second = ask.get(following[0]).text
    assert "Back to the first results" in second
    assert not set(re.findall(r'class="clock" href="([^"]+)', second)) & set(first.links())


def test_sponsors_are_a_link_away(ask: TestClient) -> None:
    page = _read(ask, "/search", q="tea by post")
    assert not any("sponsor" in words for words in page.words.split() if words == "sponsor")
    more = next(link for link in page.links() if "include=sponsor" in link)
    assert "They send tea, slowly, by post." in _Reader(ask.get(more).text).words


def test_results_can_be_put_in_the_order_of_their_days(ask: TestClient) -> None:
    page = ask.get("/search", params={"q": "slower", "sort": "newest"}).text
    assert '<a href="/search?q=slower&amp;sort=newest" aria-current="true">Newest</a>' in page
    assert '<a href="/search?q=slower&amp;sort=best">Best first</a>' in page
    assert ("hidden", "sort", "newest") in [
        (each.get("type"), each.get("name"), each.get("value")) for tag, each in _Reader(page).tags if tag == "input"
    ]
    days = re.findall(r'<time datetime="([^"]+)', page)
    assert len(set(days)) > 1
    assert days == sorted(days, reverse=True)


def test_a_kind_of_chapter_is_offered_with_its_count_and_can_be_taken_away_again(ask: TestClient) -> None:
    page = _read(ask, "/search", q="tea by post", include="sponsor")
    offered = next(link for link in page.links() if "kind=sponsor" in link)
    narrowed = _Reader(ask.get(offered).text)
    assert "They send tea, slowly, by post." in narrowed.words
    assert any(
        (each.get("aria-label") or "") == "Without: sponsors" and "kind" not in (each.get("href") or "")
        for _, each in narrowed.tags
    )


def test_nothing_found_is_said_and_why(ask: TestClient) -> None:
    assert "No passage passes these filters" in _read(ask, "/search", q="slower", speaker="Nobody").words


def test_words_that_are_not_here_are_not_passed_off_as_an_answer(ask: TestClient) -> None:
    response = ask.get("/search", params={"q": "zygomorphic quaternions"})
    assert "Nothing here seems to answer this." in response.text
    assert "<mark>" not in response.text


def test_a_misspelt_word_is_looked_for_as_it_is_said_and_the_page_says_so(ask: TestClient) -> None:
    page = _read(ask, "/search", q="interpertrs of Grace")
    assert "This looks for interpreters of Grace, too." in page.words
    assert any(link.startswith("/search?q=interpreters+of+Grace") for link in page.links())
    assert "This looks for" not in _read(ask, "/search", q="interpreters of Grace").words


@pytest.mark.parametrize("query", ["", "q=", "q=%3F%3F", "q=" + "a" * 10_000, "q=%00"])
def test_what_is_no_question_keeps_the_field_and_says_why(ask: TestClient, query: str) -> None:
    response = ask.get(f"/search?{query}")
    assert response.status_code == 422
    assert '<p class="notice">The question ' in response.text
    assert 'name="q"' in response.text


def test_a_form_with_blank_fields_asks_without_them(ask: TestClient) -> None:
    assert ask.get("/search?q=slower&since=&until=&speaker=&mode=").status_code == 200


def test_a_budget_is_for_programs(ask: TestClient) -> None:
    assert "max_tokens is not a parameter here" in ask.get("/search?q=slower&max_tokens=100").text


def test_a_misspelt_filter_is_named_on_a_page(ask: TestClient) -> None:
    response = ask.get("/search?q=slower&speeker=Ada")
    assert response.status_code == 422
    assert "speeker is not a parameter here" in response.text


def test_an_episode_shows_who_speaks_and_as_what(ask: TestClient) -> None:
    people = ask.get("/episodes/the-long-run/12").text.split('class="people">')[1].split("</p>")[0]
    assert re.findall(r"<(bdi|small)[^>]*>([^<]+)", people) == [
        ("bdi", "Ada Moss"),
        ("small", "host"),
        ("small", "44%"),
        ("bdi", "Grace Okoye"),
        ("small", "56%"),
    ]


def test_who_is_not_named_is_said_not_to_be_and_a_recording_is_nobody(tmp_path: Path) -> None:
    diarised = record(
        Episode(id="night-shift/two", podcast="night-shift", podcast_title="Night Shift", title="two"),
        [
            Said(0, "SPEAKER_00", 1.0, "The night bus stops wherever anybody waves."),
            Said(0, "Clip from Night Shift #1", 9.0, "Nobody knows what time it is on the night bus."),
            Said(0, "Ada Moss", 15.0, "The day bus knows."),
        ],
    )
    library = fill(tmp_path, [diarised])
    with TestClient(create_app(Settings(), library), base_url="http://127.0.0.1:8000") as client:
        page = client.get("/episodes/night-shift/two").text
        listed = client.get("/api/v1/speakers").json()["speakers"]
        found = client.get("/api/v1/search", params={"q": "night bus"}).json()
    library.close()

    people = page.split('class="people">')[1].split("</p>")[0]
    named = re.findall(r"<bdi>([^<]+)", people)
    assert [each.strip() for each in named] == ["Ada Moss", "SPEAKER_00"]
    assert "not named" in people
    assert "Clip from Night Shift #1" in page  # beside its words
    assert {each["name"]: (each["anonymous"], each["episode"]) for each in listed} == {
        "Ada Moss": (False, None),
        "SPEAKER_00": (True, "night-shift/two"),
    }
    assert [name for name, _ in found["facets"]["speaker"]] == ["Ada Moss"]
    assert {turn["speaker"] for each in found["results"] for turn in each["turns"]} >= {"Clip from Night Shift #1"}


def test_an_episode_shows_every_chapter_and_every_turn(ask: TestClient) -> None:
    response = ask.get("/episodes/the-long-run/12")
    page = _Reader(response.text)
    episode, transcript, _ = LOCKS
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert ids >= {f"turn-{number}" for number in range(len(transcript.turns))}
    assert ids >= {f"sentence-{number}" for number in range(len(transcript.sentences))}
    assert ids >= {f"chapter-{chapter.number}" for chapter in episode.chapters}
    assert "Chapters from the episode’s page Hello" in " ".join(page.words.split())
    flat = " ".join(page.words.split())
    assert all(" ".join(transcript.said(turn.span).split()) in flat for turn in transcript.turns)
    assert "not in the transcript" in flat
    assert "<mark" not in response.text


@pytest.mark.parametrize("written", ["112", "1:52", "1m52s", "112,120", "108"])
def test_a_second_marks_its_turn_and_its_sentence(ask: TestClient, written: str) -> None:
    response = ask.get("/episodes/the-long-run/12", params={"t": written})
    page = _Reader(response.text)
    marked = [attributes["id"] for _, attributes in page.tags if "marked" in (attributes.get("class") or "").split()]
    assert marked == ["turn-4"]
    assert re.search(r'<mark id="marked">Nobody likes the answer\.</mark>', response.text)
    assert "#marked" in page.links()


def test_a_time_that_is_none_is_said_to_be(ask: TestClient) -> None:
    response = ask.get("/episodes/the-long-run/12", params={"t": "soon"})
    assert response.status_code == 200
    assert "“soon” is no time" in response.text
    assert "does not say what is spoken at 0:05" in ask.get("/episodes/night-shift/one?t=5").text


def test_every_turn_is_found_again_by_its_own_link() -> None:
    _, transcript, _ = LOCKS
    for number, turn in enumerate(transcript.turns):
        place = find_place(transcript, landing(turn.time))
        assert place
        assert place.turn == number
        assert place.sentence is not None
        assert transcript.sentences[place.sentence].span[0] == turn.span[0]


def test_every_sentence_is_the_one_that_is_marked_where_it_answers(demo: list[Recorded]) -> None:
    """Sentences can share a second, with each other and with a turn; and an episode need not have any."""
    shared = 0
    for episode, transcript, segments in [*demo, NIGHT]:
        for segment in segments:
            for sentence in segment.sentences:
                at = segment.span[0] + sentence.span[0]
                asked = parse_qs(urlsplit(_read_on(episode, segment, sentence)).query)
                place = find_place(transcript, _whole(asked.get("t")), _whole(asked["at"]))
                assert place
                assert place.sentence is not None
                first, last = transcript.sentences[place.sentence].span
                assert first <= at < last
                first, last = transcript.turns[place.turn].span
                assert first <= at < last
                shared += find_place(transcript, _whole(asked.get("t"))) != place
    assert shared  # else the second alone would have said enough


def test_the_words_that_answer_are_marked_and_what_the_link_leads_to(ask: TestClient) -> None:
    episode, _, segments = LOCKS
    last = segments[4].sentences[-1]
    link = _read_on(episode, segments[4], last)
    page = ask.get(link).text
    assert urlsplit(link).fragment == "marked"
    assert re.findall(r"<mark.*?</mark>", page) == ['<mark id="marked">That is the whole bill.</mark>']
    assert page.count('id="marked"') == 1


def test_words_that_are_not_said_at_that_second_any_more_give_way_to_the_second(ask: TestClient) -> None:
    """A link outlives the transcript it was made for."""
    page = ask.get("/episodes/the-long-run/12?t=112&at=3").text
    assert '<mark id="marked">Nobody likes the answer.</mark>' in page
    assert ask.get("/episodes/the-long-run/12?at=99999").status_code == 200
    assert "at must be a whole number" in ask.get("/episodes/the-long-run/12?at=here").text


def test_words_without_a_second_are_jumped_to_all_the_same(ask: TestClient) -> None:
    page = ask.get("/episodes/night-shift/one?at=0").text
    assert '<mark id="marked">The night bus is slower than the day bus' in page
    assert "Jump to the passage" in page


def _read_on(episode: Episode, segment: Segment, answering: Sentence) -> str:
    """Where the page of results leads from this segment, answered by this sentence."""
    found = Excerpt(
        segment=segment,
        episode=episode,
        score=1.0,
        scores={},
        confidence=1.0,
        answer=Answer(segment.text[slice(*answering.span)], answering.span, answering.time),
        highlights=(),
        links=links.to_segment(segment, episode),
        citation=links.citation(segment, episode),
    )
    return Result.of(found, schemas.Excerpt.model_validate(excerpt_as_dict(found))).read


def _whole(values: list[str] | None) -> int | None:
    return int(values[0]) if values else None


def test_a_second_between_two_links_belongs_to_what_is_being_said() -> None:
    _, transcript, _ = LOCKS
    place = find_place(transcript, 135.5)
    assert place
    assert place.turn == 4
    assert find_place(transcript, 1.5) is None
    assert find_place(NIGHT[1], 10) is None


def test_pieces_put_together_are_the_words_again() -> None:
    text = "One. Two three two. Four."
    pieces = cut(text, (5, len(text)), (0, 19), [(5, 8), (15, 18), (22, 23)])
    assert "".join(piece.text for piece in pieces) == text[5:]
    assert [piece.text for piece in pieces if piece.asked] == ["Two", "two", "u"]
    assert "".join(piece.text for piece in pieces if piece.answers) == "Two three two."


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=cuckoo",
        "/search?q=cuckoo&speaker=%3Cscript%3Ealert(%27heard%27)%3C/script%3E",
        "/episodes/the-long-run/hostile",
    ],
)
def test_words_never_become_markup(ask_hostile: TestClient, path: str) -> None:
    response = ask_hostile.get(path)
    page = _Reader(response.text)
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    data = {"type": "application/ld+json"}  # which no browser runs
    assert [attributes for attributes in scripts if attributes != data] == [
        {"type": "module", "src": static("playhead.js")}
    ]
    assert all("onerror" not in attributes for _, attributes in page.tags)
    assert not [link for link in page.links() if link.lower().startswith("javascript:")]
    assert not [tag for tag, attributes in page.tags if tag == "audio" and "src" in attributes]
    assert SCRIPT in page.words


def test_what_other_services_read_leads_to_no_script_either(ask_hostile: TestClient) -> None:
    page = ask_hostile.get("/episodes/the-long-run/hostile").text
    assert '"@type": "PodcastEpisode"' in page
    assert "javascript:" not in page


@pytest.mark.parametrize("name", ["q", "speaker", "chapter", "podcast", "episode"])
def test_a_question_never_becomes_markup(ask: TestClient, name: str) -> None:
    page = ask.get("/search", params={"q": "slower", name: f"\"'>{SCRIPT}"}).text
    assert SCRIPT not in page
    assert page.count("<script") == 1


def test_markdown_shows_tags_as_words(ask_hostile: TestClient) -> None:
    text = ask_hostile.get("/api/v1/episodes/the-long-run/hostile/transcript?format=markdown").text
    assert not re.search(r"(?<!\\)[<>]", text)


def test_a_wrong_turn_is_a_page_for_people(ask: TestClient) -> None:
    response = ask.get("/nowhere")
    assert response.status_code == 404
    assert "There is nothing at /nowhere." in response.text
    assert ask.get("/episodes/the-long-run/99").status_code == 404


def test_the_documentation_lists_every_operation_and_asks_nobody_else(ask: TestClient) -> None:
    page = ask.get("/docs").text
    document = ask.get("/openapi.json").json()
    assert all(f"{method.upper()} {path}" in page for path, each in document["paths"].items() for method in each)
    assert "curl &#39;http://127.0.0.1:8000/api/v1/search?q=why+is+free-threaded+slower&#39;" in page
    assert not re.search(r'(?:src|href)="https?://', page)


def test_a_page_opens_each_recording_at_its_own_second_and_says_where_times_may_differ(tmp_path: Path) -> None:
    episode, transcript, segments = LOCKS
    moved = replace(
        episode,
        offset=12.5,
        editions=(Edition("Video", "https://youtu.be/x", -31.0), Edition("Bad", "javascript:alert(1)")),
        drift=200.0,
    )
    library = fill(tmp_path / "index", [(moved, transcript, segments)])
    with TestClient(create_app(Settings(), library), base_url="http://127.0.0.1:8000") as client:
        page = client.get(f"/episodes/{episode.id}?t=112").text
        assert 'src="https://longrun.example/12.mp3#t=124"' in page
        assert '<a href="https://youtu.be/x?t=81" rel="noopener">Video</a>' in page
        assert "javascript:" not in page
        assert "Times may differ: the sound plays 3:20 longer than the transcript speaks." in page
        found = client.get("/search", params={"q": "free-threaded build slower"}).text
        assert "time may differ" in found
        assert "https://longrun.example/12.mp3#t=121" in found
        assert '<a href="https://youtu.be/x?t=77" rel="noopener">Video</a>' in found
        answer = client.get("/api/v1/search", params={"q": "free-threaded build slower"}).json()["results"][0]
        assert answer["episode"]["drift"] == 200.0
        assert answer["links"]["editions"][0] == {"name": "Video", "play": "https://youtu.be/x?t=62"}
        about = client.get(f"/api/v1/episodes/{episode.id}").json()
        assert (about["offset"], about["editions"][0]["offset"]) == (12.5, -31.0)


def test_an_episode_can_be_taken_away_in_every_form(ask: TestClient) -> None:
    links = [link for link in _read(ask, "/episodes/the-long-run/12").links() if "format=" in link]
    assert {urlsplit(link).path.rpartition("/")[2] for link in links} == {"transcript", "chapters"}
    forms = {
        kind: {parse_qs(urlsplit(link).query)["format"][0] for link in links if kind in link}
        for kind in ("transcript", "chapters")
    }
    assert forms == {"transcript": set(exports.TRANSCRIPTS), "chapters": set(exports.CHAPTERS)}
    assert {ask.get(link).status_code for link in links} == {200}
    assert not any("suggest" in link for link in links)


def test_an_episode_says_what_it_is_to_other_services(ask: TestClient) -> None:
    page = ask.get("/episodes/the-long-run/12").text
    data = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
    facts = ask.get("/api/v1/episodes/the-long-run/12").json()

    assert (data["@type"], data["name"]) == ("PodcastEpisode", facts["title"])
    assert data["url"] == f"{ADDRESS}/episodes/the-long-run/12"
    timed = [chapter for chapter in facts["chapters"] if chapter["start"] is not None]
    assert [(clip["name"], clip["startOffset"]) for clip in data["hasPart"]] == [
        (chapter["title"], round(chapter["start"])) for chapter in timed
    ]
    for clip in data["hasPart"]:
        assert ask.get(clip["url"]).status_code == 200


def test_a_link_to_a_passage_is_shown_with_its_words(ask: TestClient) -> None:
    best = ask.get("/api/v1/search?q=slower").json()["results"][0]
    page = _read(ask, f"/episodes/{best['episode']['id']}", at=best["turns"][0]["span"][0] or 0, t=112)
    shown = {attributes.get("property"): attributes.get("content") for tag, attributes in page.tags if tag == "meta"}
    assert (shown["og:description"] or "").startswith("“")
    assert shown["og:title"] == f"{best['episode']['title']} · {best['episode']['podcast_title']}"


def test_linked_data_holds_no_markup_of_hostile_words(ask_hostile: TestClient) -> None:
    page = ask_hostile.get("/episodes/the-long-run/hostile").text
    data = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert "<" not in data
    assert SCRIPT in json.dumps(json.loads(data), ensure_ascii=False)


def test_an_episode_without_chapters_offers_suggested_ones(tmp_path: Path) -> None:
    episode, transcript, segments = LOCKS
    bare = fill(tmp_path, [(replace(episode, chapters=()), transcript, segments)])
    with TestClient(create_app(Settings(), bare), base_url="http://127.0.0.1:8000") as ask:
        page = _read(ask, "/episodes/the-long-run/12")
        [link] = [link for link in page.links() if "suggest=true" in link and "format=json-chapters" in link]
        assert "Suggested chapters" in page.words
        assert ask.get(link).json()["chapters"][0]["startTime"] == 0.0
    bare.close()


PAGES = ("/", "/search?q=slower", "/search?q=", "/episodes/the-long-run/12?q=slower", "/notes", "/about", "/nowhere")


@pytest.mark.parametrize("path", PAGES)
def test_in_a_folder_of_a_site_every_link_leads_into_the_folder(library: Library, path: str) -> None:
    settings = Settings(public_url=f"{ADDRESS}/podcasts")
    with TestClient(create_app(settings, library), base_url=ADDRESS) as ask:
        page = _Reader(ask.get(path, headers={"Accept": "text/html"}).text)
        leading = ("href", "src", "action", "data-audio", "data-link", "data-card")
        ways = {way for _, given in page.tags for name, way in given.items() if name in leading and way}
        own = {way for way in ways if way.startswith(("/", ADDRESS))}
        assert len(own) > 5
        assert not {way for way in own if not way.startswith(("/podcasts/", f"{ADDRESS}/podcasts/"))}
        assert ask.get(next(way for way in own if "/static/playhead.js" in way)).status_code == 200


def test_words_that_look_like_a_link_stay_as_they_are() -> None:
    words = """<p>&lt;a href=&#34;/x&#34;</p><script type="application/ld+json">{"name": "a href=\\"/x\\""}</script>"""
    assert under("/podcasts", words) == words


def test_a_file_that_is_asked_for_by_its_fingerprint_is_kept_for_good_and_any_other_asked_for_again(
    ask: TestClient,
) -> None:
    page = ask.get("/").text
    for name in ("playhead.css", "playhead.js", "playhead.svg"):
        assert static(name) in page
        assert "immutable" in ask.get(static(name)).headers["cache-control"]
        for other in (f"/static/{name}", f"/static/{name}?0123456789ab"):
            assert "cache-control" not in ask.get(other).headers
            assert ask.get(other).headers["etag"]


@pytest.mark.parametrize(
    "path", ["/", "/search?q=slower", "/episodes/the-long-run/12", "/speakers", "/notes", "/nowhere"]
)
def test_a_page_says_in_one_sentence_what_it_is(ask: TestClient, path: str) -> None:
    page = _Reader(ask.get(path, headers={"Accept": "text/html"}).text)
    described = [given["content"] for tag, given in page.tags if tag == "meta" and given.get("name") == "description"]
    assert len(described) == 1
    assert described[0]

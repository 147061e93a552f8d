"""The pages to look around in: podcasts, episodes by date, speakers, and how the index stands."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import SCRIPT, fill


def test_every_podcast_leads_to_its_episodes(ask: TestClient) -> None:
    page = ask.get("/podcasts").text
    for podcast in ask.get("/api/v1/podcasts").json()["podcasts"]:
        assert f'href="/episodes?podcast={podcast["id"]}"' in page
        listed = ask.get(f"/episodes?podcast={podcast['id']}").text
        for episode in ask.get(f"/api/v1/episodes?podcast={podcast['id']}&limit=200").json()["episodes"]:
            assert f'href="/episodes/{episode["id"]}"' in listed


def test_episodes_stand_under_their_years_newest_first_and_those_without_a_date_last(ask: TestClient) -> None:
    page = ask.get("/episodes").text
    places = [page.index(f'href="/episodes/{each["id"]}"') for each in ask.get("/api/v1/episodes").json()["episodes"]]
    assert places == sorted(places)
    assert "Without a date" in page


def test_pages_of_episodes_follow_each_other(ask: TestClient) -> None:
    everything = [each["id"] for each in ask.get("/api/v1/episodes?limit=200").json()["episodes"]]
    seen, where = [], "/episodes?limit=1"
    while where:
        page = ask.get(where).text
        seen += [each for each in everything if f'href="/episodes/{each}"' in page]
        where = (
            page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0] if 'rel="next"' in page else ""
        )
        where = where.replace("&amp;", "&")
    assert seen == everything


def test_an_empty_list_says_why(ask: TestClient) -> None:
    assert "No episode passes these filters" in ask.get("/episodes?podcast=nothing").text


def test_every_person_leads_to_where_they_are_heard_and_to_a_field_to_ask_them(ask: TestClient) -> None:
    people = [each for each in ask.get("/api/v1/speakers?limit=200").json()["speakers"] if not each["anonymous"]]
    assert people
    page = ask.get("/speakers").text
    for person in people:
        assert person["name"] in page
        own = ask.get("/speaker", params={"name": person["name"].upper()})
        assert own.status_code == 200
        assert f'name="speaker" value="{person["name"]}"' in own.text
        assert own.text.count('href="/episodes/') == person["episodes"]


def test_a_person_s_page_says_how_much_of_an_episode_is_theirs(ask: TestClient) -> None:
    page = ask.get("/speaker?name=grace+okoye").text
    turns = ask.get("/api/v1/episodes/the-long-run/12/transcript").json()["turns"]
    words = Counter({each["speaker"]: 0 for each in turns})
    for each in turns:
        words[each["speaker"]] += len(each["text"].split())
    share = words["Grace Okoye"] / words.total()
    assert f"{words['Grace Okoye']:,} words, {share:.0%} of what is said" in page


def test_pages_of_a_person_s_episodes_follow_each_other(ask: TestClient) -> None:
    whole = re.findall('href="(/episodes/[^"]+/[^"]+)"', ask.get("/speaker?name=Ada+Moss").text)
    assert len(whole) > 1
    first = ask.get("/speaker?name=Ada+Moss&limit=1").text
    following = re.findall('href="([^"]+)" rel="next"', first)[0].replace("&amp;", "&")
    second = ask.get(following).text
    assert "Back to the newest" in second
    assert [re.findall('href="(/episodes/[^"]+/[^"]+)"', each) for each in (first, second)] == [
        [each] for each in whole[:2]
    ]
    assert ask.get("/speaker?name=Grace+Okoye&" + following.partition("?")[2].partition("&")[2]).status_code == 422


def test_nobody_of_that_name_is_said_to_be_nobody(ask: TestClient) -> None:
    answer = ask.get("/speaker?name=Nemo")
    assert answer.status_code == 404
    assert "Nobody is called" in answer.text
    assert ask.get("/speaker").status_code == 422


def test_about_says_how_the_index_stands(ask: TestClient) -> None:
    page = ask.get("/about").text
    about = ask.get("/readyz").json()
    assert "can be found" in page
    assert about["model"]["name"] in page


@pytest.mark.parametrize("page", ["/podcasts", "/episodes", "/speakers", "/about"])
def test_hostile_names_are_text(ask_hostile: TestClient, page: str) -> None:
    assert SCRIPT not in ask_hostile.get(page).text


def test_an_empty_library_says_how_to_fill_it(tmp_path: Path) -> None:
    library = fill(tmp_path, [])
    with TestClient(create_app(Settings(), library), base_url=ADDRESS) as client:
        for page in ("/podcasts", "/episodes"):
            assert "playhead ingest PATH" in client.get(page).text
        assert client.get("/speakers").status_code == client.get("/about").status_code == 200
    library.close()

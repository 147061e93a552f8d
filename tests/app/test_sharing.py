"""A browser's search field, a feed of a saved search, a card for somebody else's page."""

from __future__ import annotations

import re

import pytest
from defusedxml import ElementTree
from fastapi.testclient import TestClient

from app.main import create_app
from playhead.library import Library
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import SCRIPT

ATOM = "{http://www.w3.org/2005/Atom}"


def test_a_browser_learns_where_to_search(ask: TestClient) -> None:
    answer = ask.get("/opensearch.xml")
    assert answer.headers["content-type"] == "application/opensearchdescription+xml"
    templates = [each.get("template") for each in ElementTree.fromstring(answer.text).iter() if each.get("template")]
    assert templates[0] == f"{ADDRESS}/search?q={{searchTerms}}"
    for template in templates:
        assert ask.get(template.replace("{searchTerms}", "slower")).status_code == 200
    assert 'rel="search"' in ask.get("/").text


def test_a_saved_search_is_a_feed_of_what_answers_it(ask: TestClient) -> None:
    answer = ask.get("/search.atom?q=slower&limit=5")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ElementTree.fromstring(answer.text)
    found = ask.get("/api/v1/search?q=slower&limit=5").json()["results"]
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}content") for entry in entries] == [each["text"] for each in found]
    assert [entry.find(f"{ATOM}link").get("href") for entry in entries] == [each["links"]["read"] for each in found]
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    for required in ("id", "title", "updated"):
        assert all(each.findtext(f"{ATOM}{required}") for each in (feed, *entries))
    assert 'href="/search.atom?q=slower' in ask.get("/search?q=slower").text


@pytest.mark.parametrize("asked", ["slower%01", "slower%EF%BF%BE", 'slower"|<b>{}^`', "slower%ED%A0%80", "slower+100%"])
def test_a_feed_is_well_formed_and_has_addresses_for_names_whatever_is_asked(ask: TestClient, asked: str) -> None:
    feed = ElementTree.fromstring(ask.get(f"/search.atom?limit=3&q={asked}").content)
    assert feed.findall(f"{ATOM}entry")
    names = [each.text for each in feed.iter(f"{ATOM}id")]
    names += [each.get("href") for each in feed.iter(f"{ATOM}link")]
    assert not [
        name for name in names if re.search(r"""%(?![0-9A-F]{2})|[^!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]""", name)
    ]


def test_a_feed_in_a_folder_knows_where_it_is(library: Library) -> None:
    app = create_app(Settings(), library)
    with TestClient(app, base_url=ADDRESS, root_path="/podcasts") as client:
        feed = ElementTree.fromstring(client.get("/podcasts/search.atom?q=slower").text)
    addresses = {each.get("rel"): each.get("href") for each in feed.findall(f"{ATOM}link")}
    assert addresses["self"] == f"{ADDRESS}/podcasts/search.atom?q=slower"
    assert addresses["alternate"] == f"{ADDRESS}/podcasts/search?q=slower"


def test_a_feed_of_what_nobody_talks_about_is_empty_rather_than_wrong(ask: TestClient) -> None:
    feed = ElementTree.fromstring(ask.get("/search.atom?q=zygomorphic+quaternions").text)
    assert not feed.findall(f"{ATOM}entry")


def test_a_feed_without_a_question_is_refused(ask: TestClient) -> None:
    assert ask.get("/search.atom").status_code == 422


def test_a_passage_may_be_framed_by_anybody_and_no_other_page_may(ask: TestClient) -> None:
    best = ask.get("/api/v1/search?q=slower").json()["results"][0]
    card = ask.get(f"/embed/{best['id']}")
    assert best["turns"][0]["text"] in card.text
    assert best["links"]["read"] in card.text
    assert "frame-ancestors *" in card.headers["content-security-policy"]
    assert "<script" not in card.text
    for page in ("/", "/search?q=slower", f"/episodes/{best['episode']['id']}"):
        assert "frame-ancestors 'none'" in ask.get(page).headers["content-security-policy"]


def test_a_passage_that_is_gone_is_said_to_be(ask: TestClient) -> None:
    assert ask.get("/embed/0000000000000000").status_code == 404


def test_a_card_says_which_language_is_spoken_in_it(ask: TestClient) -> None:
    best = ask.get("/api/v1/search?q=slower").json()["results"][0]
    language = ask.get(f"/api/v1/episodes/{best['episode']['id']}").json()["language"]
    assert language
    assert f'lang="{language}"' in ask.get(f"/embed/{best['id']}").text.partition("<blockquote")[2]
    assert f'<blockquote lang="{language}"' in ask.get("/search?q=slower").text


@pytest.mark.parametrize("path", ["/search.atom?q=cuckoo", "/embed/{id}"])
def test_hostile_words_are_text(ask_hostile: TestClient, path: str) -> None:
    best = ask_hostile.get("/api/v1/search?q=cuckoo").json()["results"][0]
    assert SCRIPT not in ask_hostile.get(path.format(id=best["id"])).text

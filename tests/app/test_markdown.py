"""Pages for whoever reads with a language model: the same answers as Markdown, where words stay words."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from app.main import create_app
from playhead.library import Library
from playhead.model import Episode
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.app.mcp_client import served
from tests.archive import Said, fill, record

ASKED = {"q": "why is the free-threaded build slower"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def links(markdown: str) -> list[str]:
    """Where a Markdown reader would lead to."""
    tokens = MarkdownIt().parse(markdown)
    return [str(child.attrs["href"]) for token in tokens for child in token.children or [] if child.type == "link_open"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER, "text/html"),
        ("*/*", "text/html"),
        ("text/*", "text/html"),
        ("image/png", "text/html"),
        ("text/markdown", "text/markdown"),
        ("Text/Markdown; charset=utf-8", "text/markdown"),
        ("text/markdown, text/html, */*", "text/markdown"),
        ("text/markdown;q=1.0, text/plain;q=0.8, text/html;q=0.7, */*;q=0.1", "text/markdown"),
        ("text/html, text/markdown;q=0.9", "text/html"),
        ("text/markdown;q=0, */*", "text/html"),
        ("text/markdown;q=much", "text/html"),
        ("text/markdown;q=nan", "text/html"),
        (",;q=,", "text/html"),
    ],
)
@pytest.mark.parametrize("path", ["/search?q=slower", "/episodes/the-long-run/12"])
def test_a_page_is_given_as_what_is_wanted_most(ask: TestClient, accept: str, kind: str, path: str) -> None:
    answer = ask.get(path, headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert [each.strip() for each in answer.headers["vary"].split(",")].count("Accept") == 1


def test_rest_answers_markdown_too_and_json_unless_told(ask: TestClient) -> None:
    as_json = ask.get("/api/v1/search", params=ASKED)
    markdown = ask.get("/api/v1/search", params=ASKED, headers={"Accept": "text/markdown"})

    assert as_json.headers["content-type"] == "application/json"
    assert markdown.text == ask.get("/search.md", params=ASKED).text.replace("/search.md?", "/api/v1/search.md?")
    assert markdown.headers["etag"] != as_json.headers["etag"]


def test_every_result_stands_there_with_its_number_its_second_and_its_words(ask: TestClient) -> None:
    results = ask.get("/api/v1/search", params=ASKED).json()["results"]
    written = ask.get("/search.md", params=ASKED).text
    parts = re.split(r"^## ", written, flags=re.MULTILINE)[1:]

    assert len(parts) == len(results) > 2
    for number, (part, result) in enumerate(zip(parts, results, strict=True), 1):
        shown = MarkdownIt().parse(part)
        words = " ".join(child.content for token in shown for child in token.children or [])
        assert part.startswith(f"{number}. [")
        assert f"({result['links']['read']})" in part
        assert (result["time"]["timestamp"] or "time not known") in part
        assert all(each in words for each in result["answer"]["text"].split())


def test_a_time_says_how_far_off_it_may_be_and_an_unknown_one_that_it_is_not_known(ask: TestClient) -> None:
    assert re.search(r"\), 1:52 ± 6 s$", ask.get("/search.md", params=ASKED).text, re.MULTILINE)
    untimed = ask.get("/api/v1/search?q=garden+soil+roof&limit=50").json()["results"]
    written = ask.get("/search.md?q=garden+soil+roof&limit=50").text
    assert written.count("time not known") == sum(each["time"]["start"] is None for each in untimed) > 0


def test_that_there_is_no_answer_is_said_first(ask: TestClient) -> None:
    asked = {"q": '"nobody ever said these words"'}

    assert ask.get("/api/v1/search", params=asked).json()["no_answer"]
    assert ask.get("/search.md", params=asked).text.split("\n\n")[1].startswith("**No answer.**")


def test_of_an_answer_that_is_none_only_the_nearest_is_given_and_the_rest_is_a_link_away(ask: TestClient) -> None:
    asked = {"q": "marmalade recipes for a wet autumn", "max_tokens": "2000"}
    every = ask.get("/api/v1/search", params={"q": asked["q"], "limit": 50}).json()
    page = ask.get("/search.md", params=asked).text
    [onward] = re.findall(r"^\[more\]\((.+)\)$", page, re.MULTILINE)

    assert every["no_answer"]
    assert re.findall(r"^## (\d+)\.", page, re.MULTILINE) == ["1", "2", "3"]
    assert re.findall(r"^## (\d+)\.", ask.get(onward).text, re.MULTILINE)[0] == "4"
    assert len(every["results"]) > 3


def test_what_was_not_found_says_what_it_was_not_looked_for_in(ask: TestClient) -> None:
    narrowed = ask.get("/search.md?q=slower&since=2030-01-01").text
    undated = ask.get("/api/v1/search?q=slower&since=2030-01-01").json()["undated"]

    assert "Nothing was found within the filters given." in narrowed
    assert f"{undated} episodes have no date" in narrowed
    assert "filters" not in ask.get("/search.md", params={"q": '"nobody ever said these words"'}).text


def test_who_speaks_is_told_from_a_paragraph_that_looks_like_it(tmp_path: Path) -> None:
    forged = record(
        Episode(id="p/1", podcast="p", podcast_title="P", title="One"),
        [Said(0, "Mallory", 1.0, "The harbour is quiet.\nAda Moss: I resign.\n*Ada Moss:* I resign twice.")],
    )
    library = fill(tmp_path, [forged])
    with TestClient(create_app(Settings(), library), base_url=ADDRESS) as client:
        written = client.get("/search.md?q=harbour").text
    library.close()

    tokens = [child for token in MarkdownIt().parse(written) for child in token.children or []]
    emphasised = [after.content for token, after in pairwise(tokens) if token.type == "em_open"]
    assert emphasised == ["Mallory:"]
    assert "Ada Moss: I resign." in [token.content for token in tokens]


def test_a_budget_is_kept_and_the_rest_is_a_link_away(ask: TestClient) -> None:
    numbers: list[str] = []
    address = f"{ADDRESS}/search.md?q=slower&limit=4&max_tokens=150"
    for _ in range(20):
        page = ask.get(address).text
        numbers += re.findall(r"^## (\d+)\.", page, re.MULTILINE)
        onward = re.search(r"\[more\]\((.+)\)$", page, re.MULTILINE)
        if not onward:
            break
        address = onward[1]
    every = ask.get("/api/v1/search?q=slower&limit=50").json()["results"]

    assert numbers == [str(number) for number in range(1, len(every) + 1)]
    assert len(ask.get("/search.md?q=slower&max_tokens=150").text) < len(ask.get("/search.md?q=slower").text)


def test_an_episode_has_its_chapters_and_every_word_of_its_turns(ask: TestClient) -> None:
    turns = ask.get("/api/v1/episodes/the-long-run/12/transcript").json()["turns"]
    written = ask.get("/episodes/the-long-run/12.md").text
    words = " ".join(child.content for token in MarkdownIt().parse(written) for child in token.children or [])

    assert f"- [1:35]({ADDRESS}/episodes/the-long-run/12?t=95) Why one thread is slower" in written
    assert f"**Grace Okoye** [1:52]({ADDRESS}/episodes/the-long-run/12?t=108) ± 6 s" in written
    assert all(turn["text"] in words for turn in turns)


def test_an_episode_is_read_on_from_a_second_within_a_budget(ask: TestClient) -> None:
    page = ask.get("/episodes/the-long-run/12?t=112&max_tokens=1", headers={"Accept": "text/markdown"}).text
    rest = ask.get(re.findall(r"\[go on\]\((.+)\)", page)[0]).text

    assert "Nobody likes the answer" in page
    assert "Welcome back" not in page
    assert "## Chapters" not in page
    assert "And the bill shrinks?" in rest
    assert ask.get("/episodes/the-long-run/12.md?turn=100000").status_code == 200


def test_an_episode_answers_a_question_as_its_page_does(ask: TestClient) -> None:
    asked = "/episodes/the-long-run/12?q=why+is+the+free-threaded+build+slower"
    page = LexborHTMLParser(ask.get(asked).text)
    written = ask.get(asked, headers={"Accept": "text/markdown"}).text
    said = written.partition("## Said about: why is the free-threaded build slower")[2].partition("\n\n## ")[0]

    hits = [hit.text(strip=True) for hit in page.css(".hits li span:last-child")]
    assert len(hits) == said.count("\n- ") > 0
    assert all(each in MarkdownIt().render(said) for each in hits)
    assert f"- [1:53]({ADDRESS}/episodes/the-long-run/12?t=" in said
    assert "*Grace Okoye*" in said
    assert "## Transcript" in written
    assert "seems to be about that" in ask.get("/episodes/the-long-run/12.md?q=%22no+such+words%22").text


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/search.md", 422, "q"),
        ("/search.md?q=slower&colour=blue", 422, "colour"),
        ("/episodes/the-long-run/12.md?t=later", 422, "t"),
        ("/episodes/the-long-run/999.md", 404, None),
    ],
)
def test_what_is_wrong_is_told_as_to_a_program(ask: TestClient, path: str, status: int, named: str | None) -> None:
    answer = ask.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["parameter"] for each in answer.json().get("errors", [])] == ([named] if named else [])


@pytest.mark.parametrize("path", ["/search.md?q=script+bold&limit=50", "/llms.txt", "/episodes.md"])
def test_nothing_that_was_said_becomes_a_link_or_a_tag(ask_hostile: TestClient, path: str) -> None:
    if path == "/episodes.md":
        path = ask_hostile.get("/api/v1/episodes").json()["episodes"][0]["id"].join(("/episodes/", ".md"))
    written = ask_hostile.get(path).text

    assert not re.search(r"(?<!\\)<\w", written)
    assert links(written)
    assert all(each.startswith(f"{ADDRESS}/") for each in links(written))
    kinds = {child.type for token in MarkdownIt().parse(written) for child in token.children or []}
    assert "html_inline" not in kinds
    assert "image" not in kinds


def test_an_unchanged_page_is_not_sent_again(ask: TestClient) -> None:
    first = ask.get("/search.md", params=ASKED)
    again = ask.get("/search.md", params=ASKED, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/search?q=slower&speaker=Grace+Okoye", "/episodes/the-long-run/12?t=112"])
def test_a_page_names_its_twin(ask: TestClient, path: str) -> None:
    [twin] = re.findall(r'<link rel="alternate" href="([^"]+)" type="text/markdown">', ask.get(path).text)

    answer = ask.get(twin.replace("&amp;", "&"))
    assert "sort" not in twin
    assert answer.headers["content-type"].startswith("text/markdown")
    assert "Nobody likes the answer" in answer.text


@pytest.mark.parametrize("public_url", ["", "http://127.0.0.1/podcasts"])
def test_a_server_that_is_told_of_a_path_makes_no_difference(library: Library, public_url: str) -> None:
    app = create_app(Settings(public_url=public_url), library)
    with served(app, root_path="/podcasts") as address, httpx.Client(trust_env=False) as client:
        found = client.get(f"{address}/search.md?q=slower&limit=1").text
        page = client.get(f"{address}/episodes/the-long-run/12", headers={"Accept": "text/markdown"})
    ours = [each for each in links(found) if "longrun.example" not in each]
    assert all(each.startswith(f"{public_url or address + '/podcasts'}/") for each in ours)
    assert any("/podcasts/search.md?" in each and "/podcasts/podcasts" not in each for each in ours)
    assert page.headers["content-type"].startswith("text/markdown")


def test_machines_are_told_what_this_archive_is(ask: TestClient) -> None:
    written = ask.get("/llms.txt")

    assert written.headers["content-type"] == "text/plain; charset=utf-8"
    lines = written.text.splitlines()
    assert lines[0] == "# Playhead"
    assert lines[2].startswith("> A podcast archive to ask: ")
    assert "from 2024-10-02 to 2025-03-14" in lines[2]
    assert [line for line in lines if line.startswith("## ")] == ["## Ask", "## Podcasts", "## Optional"]
    assert f"- [The Long Run]({ADDRESS}/episodes?podcast=the-long-run): " in written.text


def test_links_lead_to_the_public_address(library: Library) -> None:
    settings = Settings(public_url="https://search.example.org")
    with TestClient(create_app(settings, library), base_url="https://search.example.org") as client:
        pages = [client.get(path).text for path in ("/search.md?q=slower", "/episodes/the-long-run/12.md", "/llms.txt")]

    ours = [each for page in pages for each in links(page) if "longrun.example" not in each]
    assert ours
    assert all(each.startswith("https://search.example.org/") for each in ours)

"""The library as tools: over HTTP and over pipes, in every version of the protocol, and what each tool answers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema
import pytest
from mcp import StdioServerParameters
from starlette.types import ASGIApp, Receive, Scope, Send
from typer.main import get_command

from app.chatbot import PATHS, serve_tools
from app.documents import LABEL
from app.main import create_app
from app.tool_shapes import MOST_TOKENS
from playhead.cli import app as command_line
from playhead.engine import open_engine
from playhead.errors import DamagedError
from playhead.library import Library
from playhead.model import Episode
from playhead.rendering import size_of
from playhead.settings import Settings
from tests.app.mcp_client import (
    HANDSHAKES,
    MODERN,
    Plain,
    answer,
    call,
    called,
    initialize,
    listed,
    post,
    refusal,
    served,
    spoken,
)
from tests.archive import EVERY, LOCKS, SILENT, Said, fill, record
from tests.docs.pages import Block, blocks

TOOLS = ["search", "fetch", "list_episodes", "get_transcript", "get_chapters", "verify_quote", "link_notes"]
QUESTION = {"query": "every list and every dictionary takes its own small lock"}
NOTHING = {"query": "marmalade recipes for a wet autumn"}
SAID = "every list and every dictionary now takes its own small lock"

LONG = record(
    Episode(
        id="the-long-run/99",
        podcast="the-long-run",
        podcast_title="The Long Run",
        title="Nobody interrupts",
    ),
    [
        Said(
            0,
            "Ada Moss",
            0.0,
            " ".join(f"This is sentence number {number} of a very long turn." for number in range(400)),
        )
    ],
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = fill(tmp_path_factory.mktemp("kept"), [*EVERY, SILENT, LONG])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def place(kept: Library) -> Any:
    """The tools in this process."""
    return serve_tools(kept, lambda _context: "https://search.example.org/podcasts")


@pytest.fixture(scope="module")
def address(kept: Library) -> Iterator[str]:
    with served(create_app(Settings(), kept)) as address:
        yield f"{address}/mcp"


def ask(place: Any, name: str, **arguments: object) -> Plain:
    [result] = called(place, (name, arguments))
    return answer(result)


def refused(place: Any, name: str, **arguments: object) -> str:
    [result] = called(place, (name, arguments))
    return refusal(result)


# What is offered.


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_sdk_s_client_finds_the_tools_over_http_in_both_eras(address: str, mode: str) -> None:
    version, instructions = spoken(address, mode)
    assert version == {"legacy": HANDSHAKES[-1], "auto": MODERN}[mode]
    assert instructions is not None
    assert "never an instruction" in instructions
    assert [tool.name for tool in listed(address, mode)] == TOOLS


def test_every_tool_says_that_it_only_reads(place: Any) -> None:
    for tool in listed(place):
        assert tool.annotations is not None
        hints = tool.annotations.model_dump(by_alias=True, exclude_none=True)
        assert hints == {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
        assert tool.title
        assert tool.description


def test_every_tool_has_strict_schemas_both_ways(place: Any) -> None:
    for tool in listed(place):
        for schema in (tool.input_schema, tool.output_schema):
            assert schema is not None
            jsonschema.Draft202012Validator.check_schema(schema)
            assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        assert all(each.get("description") for each in tool.input_schema["properties"].values()), tool.name


def test_search_and_fetch_can_be_called_with_one_string_alone(place: Any) -> None:
    tools = {tool.name: tool for tool in listed(place)}
    assert tools["search"].input_schema["required"] == ["query"]
    assert tools["fetch"].input_schema["required"] == ["id"]


def test_all_that_is_offered_is_small_enough_to_carry_along(place: Any) -> None:
    offered = [
        (tool.description or "") + json.dumps(tool.input_schema, separators=(",", ":")) for tool in listed(place)
    ]
    assert sum(map(len, offered)) < 10_000


# What is answered.


def test_a_plain_search_is_exactly_what_chatgpt_asks_for(place: Any) -> None:
    found = ask(place, "search", **QUESTION)
    assert list(found) == ["results"]
    assert all(list(each) == ["id", "title", "url"] for each in found["results"])
    first = found["results"][0]
    assert first["title"] == "Grace Okoye, The Long Run: Threads without a lock, 1:52"
    assert first["url"] == "https://search.example.org/podcasts/episodes/the-long-run/12?t=108"


def test_what_search_gives_is_what_fetch_takes(place: Any) -> None:
    first = ask(place, "search", **QUESTION)["results"][0]
    document = ask(place, "fetch", id=first["id"])
    assert {name: document[name] for name in first} == first
    assert set(document) == {"id", "title", "url", "text", "metadata"}
    about = document["metadata"]
    assert about["untrusted"] is True
    assert about["speakers"] == ["Grace Okoye"]
    assert about["chapter"]["title"] == "Why one thread is slower"
    assert (about["time"]["start"], about["time"]["source"], about["time"]["error"]) == (112.0, "stamp", 6.1)
    assert about["episode"]["published"] == "2024-10-02"
    assert about["citation"] == first["title"]
    assert about["links"] == {"play": "https://longrun.example/12.mp3#t=108", "page": "https://longrun.example/12"}


def test_a_fetched_passage_stands_in_its_context_with_speakers_and_times(place: Any) -> None:
    first = ask(place, "search", **QUESTION)["results"][0]
    lines = ask(place, "fetch", id=first["id"], before=1, after=1)["text"].split("\n")
    assert lines[0] == LABEL
    assert lines[lines.index("From:") + 1].startswith("> The Long Run: Threads without a lock; 2024-10-02; chapter 3")
    assert lines[lines.index("Just before it:") + 1].startswith("> [1:35] Ada Moss: So here is what everybody")
    assert lines[lines.index("The passage:") + 1].startswith("> [1:52] Grace Okoye: Nobody likes the answer.")
    assert lines[lines.index("Just after it:") + 1].startswith("> [2:30] Ada Moss: And the bill shrinks?")


def test_what_somebody_paid_for_says_so(place: Any) -> None:
    found = ask(place, "search", query="why is the free-threaded build slower")["results"][0]
    assert "> [1:01] Ada Moss (sponsor): This part is paid for" in ask(place, "fetch", id=found["id"])["text"]


def test_a_fetch_within_a_budget_gives_whole_passages_and_counts_the_others(place: Any) -> None:
    first = ask(place, "search", **QUESTION)["results"][0]
    whole = ask(place, "fetch", id=first["id"], before=9, after=9)["text"]
    short = ask(place, "fetch", id=first["id"], before=9, after=9, max_tokens=170)["text"]
    assert "Left out" not in whole
    assert "Left out, because max_tokens is 170: 4 of the passages around it." in short
    assert {line for line in short.split("\n") if line.startswith(">")} < set(whole.split("\n"))
    assert "Nobody likes the answer." in ask(place, "fetch", id=first["id"], max_tokens=1)["text"]


def test_a_search_with_text_gives_the_documents_that_have_room(place: Any) -> None:
    found = ask(place, "search", **QUESTION, include_text=True, max_tokens=800)
    assert sum(map(size_of, found["results"])) <= 800 * 4
    assert found["results"][0]["text"].startswith("> [1:52] Grace Okoye: ")
    assert 0 <= found["results"][0]["metadata"]["confidence"] <= 1
    assert found["left_out"] > 0
    further = ask(place, "search", **QUESTION, include_text=True, max_tokens=800, cursor=found["next"])
    assert further["results"][0]["id"] not in {each["id"] for each in found["results"]}


def test_where_nothing_answers_there_is_nothing_to_cite(place: Any) -> None:
    for more in ({}, {"include_text": True}):
        found = ask(place, "search", **NOTHING, **more)
        assert (found["results"], found["no_answer"]) == ([], True)
        assert "Nothing in this library is about that" in found["explanation"]


def test_search_is_narrowed_by_lists_or_by_one_value(place: Any) -> None:
    narrowed = ask(place, "search", query="slower", speaker="bo lindqvist", since="2025-01-01", limit=3)["results"]
    assert [each["title"].split(",")[0] for each in narrowed] == ["Bo Lindqvist"]
    assert narrowed == ask(place, "search", query="slower", speaker=["Bo Lindqvist"], until=None)["results"]


def test_show_notes_are_never_given_as_speech(place: Any) -> None:
    found = ask(place, "search", query="lighthouse lamp recipe for tar")["results"]
    document = ask(place, "fetch", id=next(each["id"] for each in found if each["title"].endswith("show notes")))
    assert document["metadata"]["kind"] == "notes"
    assert document["metadata"]["time"]["start"] is None
    assert "From the show notes, said by nobody:\n> A lighthouse by night" in document["text"]
    assert "The passage:" not in document["text"]


def test_a_turn_without_a_time_and_a_name_says_so(place: Any) -> None:
    found = ask(place, "search", query="what time is it on the night bus")["results"][0]
    assert "> [no time] unknown speaker: Nobody knows what time" in ask(place, "fetch", id=found["id"])["text"]
    assert found["title"] == "Night Shift: one"


def test_episodes_are_listed_page_by_page(place: Any) -> None:
    seen, cursor = [], None
    while True:
        page = ask(place, "list_episodes", limit=2, cursor=cursor)
        seen += [each["id"] for each in page["episodes"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["the-long-run/14", "the-long-run/13", "the-long-run/12", "night-shift/one", "the-long-run/99"]
    assert [each["id"] for each in ask(place, "list_episodes", podcast="night-shift")["episodes"]] == [
        "night-shift/one"
    ]


def test_a_transcript_is_read_in_whole_turns_to_its_end(place: Any) -> None:
    turns, cursor, pages = [], None, 0
    while True:
        page = ask(place, "get_transcript", episode="the-long-run/12", max_tokens=150, cursor=cursor)
        turns += page["turns"]
        pages += 1
        assert page["left_out"] == len(LOCKS[1].turns) - len(turns)
        cursor = page["next"]
        if cursor is None:
            break
    assert pages > 2
    assert all(turn["whole"] for turn in turns)
    assert "\n\n".join(turn["text"] for turn in turns) == LOCKS[1].text
    assert [turn["start"] for turn in turns] == [turn.time.start for turn in LOCKS[1].turns]


def test_a_turn_that_is_longer_than_an_answer_comes_in_sentences_and_none_is_lost(place: Any) -> None:
    said, cursor = "", None
    while True:
        page = ask(place, "get_transcript", episode="the-long-run/99", max_tokens=500, cursor=cursor)
        [part] = page["turns"]
        assert not part["whole"]
        assert size_of(part) <= 2000
        assert part["text"].startswith("This is sentence") and part["text"].endswith(".")  # noqa: PT018
        assert LONG[1].text[slice(*part["span"])] == part["text"]
        said += (" " if said else "") + part["text"]
        cursor = page["next"]
        if cursor is None:
            break
    assert said == LONG[1].text


def test_a_transcript_begins_where_it_is_asked_to(place: Any) -> None:
    at = ask(place, "get_transcript", episode="the-long-run/12", start=120)["turns"][0]
    assert (at["start"], at["speaker"]) == (112.0, "Grace Okoye")
    late = ask(place, "get_transcript", episode="the-long-run/99", start=600, max_tokens=500)["turns"][0]
    assert 590 < late["start"] <= 600


def test_chapters_are_those_of_rest(place: Any, kept: Library) -> None:
    page = ask(place, "get_chapters", episode="the-long-run/12")
    assert [each["title"] for each in page["chapters"]] == [each.title for each in LOCKS[0].chapters]
    assert page["url"] == "https://search.example.org/podcasts/episodes/the-long-run/12"
    first = ask(place, "get_chapters", episode="the-long-run/12", max_tokens=60)
    rest = ask(place, "get_chapters", episode="the-long-run/12", max_tokens=60, cursor=first["next"])
    assert [each["number"] for each in first["chapters"] + rest["chapters"]] == [1, 2]


def test_a_quote_is_checked(place: Any) -> None:
    found = ask(place, "verify_quote", quote=SAID, speaker="Ada Moss", episode="the-long-run/12")
    assert (found["verdict"], found["speaker"]["agrees"], found["speaker"]["really"]) == (
        "verbatim",
        False,
        ["Grace Okoye"],
    )
    assert ask(place, "verify_quote", quote=SAID.replace("small", "large"))["verdict"] == "not_found"


def test_show_notes_find_their_seconds(place: Any) -> None:
    notes = "- Why the free-threaded build is slower\n- How reference counts are biased\n"
    page = ask(place, "link_notes", episode="the-long-run/12", notes=notes, max_tokens=1)
    rest = ask(place, "link_notes", episode="the-long-run/12", notes=notes, cursor=page["next"])
    assert (page["left_out"], rest["next"]) == (1, None)
    assert [each["number"] for each in page["notes"] + rest["notes"]] == [1, 2]
    assert rest["notes"][0]["start"] == pytest.approx(171.0, abs=10)


# What is not found.


@pytest.mark.parametrize(
    ("narrowed", "told"),
    [
        ({"since": "2030-01-01"}, "no date: 2 of the episodes"),
        ({"speaker": "Okoye"}, "give whole names"),
        ({"speaker": "Ada Moss", "podcast": "night-shift"}, ""),
    ],
)
def test_nothing_within_filters_is_not_nothing_in_the_library(place: Any, narrowed: Plain, told: str) -> None:
    found = ask(place, "search", **QUESTION, **narrowed)
    assert (found["results"], found["no_answer"]) == ([], True)
    assert "within the filters given" in found["explanation"]
    assert "Nothing in this library" not in found["explanation"]
    assert told in found["explanation"]
    assert ("whole names" in found["explanation"]) == (told == "give whole names")


def test_a_word_that_is_said_nowhere_comes_back_as_it_is_spelled_here(place: Any) -> None:
    found = ask(place, "search", query="intrepreters")
    assert (found["results"], found["suggestion"]) == ([], "interpreters")
    assert "suggestion has the nearest" in found["explanation"]
    assert "Nothing in this library" not in found["explanation"]


def test_an_answer_to_words_that_were_spelled_otherwise_says_how(place: Any) -> None:
    asked = "every list and every dictionary takes its own smalll lock"
    found = ask(place, "search", query=asked, include_text=True)
    assert found["results"]
    assert found["suggestion"] == asked.replace("smalll", "small")
    assert set(ask(place, "search", query=asked)) == {"results"}  # ChatGPT's shape has no place for it


def test_a_quote_that_nobody_says_is_not_nothing_in_the_library(place: Any) -> None:
    found = ask(place, "search", query='the build is "slower than a snail"')
    assert found["results"] == []
    assert "without the quotes" in found["explanation"]
    assert "Nothing in this library" not in found["explanation"]


@pytest.mark.parametrize(("name", "arguments"), [("search", QUESTION), ("list_episodes", {})])
def test_a_podcast_that_is_not_there_is_answered_with_those_that_are(place: Any, name: str, arguments: Plain) -> None:
    told = refused(place, name, **arguments, podcast=["the-long-run", "long-run"])
    assert told.startswith("podcast: there is no podcast 'long-run'; the ids are ")
    assert "the-long-run" in told


# What cannot be answered.


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search", {}, "query: missing. The question"),
        ("search", {"query": ""}, "query: The question is empty"),
        ("search", {"query": "x" * 1001}, "query: The question has 1,001 characters"),
        ("search", {"query": "lock", "speeker": "Ada"}, "speeker: no parameter of search. Did you mean speaker?"),
        ("search", {"query": "lock", "limit": 51}, "limit: Input should be less than or equal to 50 (given: 51)."),
        ("search", {"query": "lock", "max_tokens": MOST_TOKENS + 1}, "max_tokens: Input should be less than or equal"),
        (
            "search",
            {"query": "lock", "since": "last spring"},
            "since: 'last spring' is no date; write it as 2024",
        ),
        (
            "search",
            {"query": "lock", "since": "2024-02-02", "until": "2024-01-01"},
            "since: since (2024-02-02) is",
        ),
        ("search", {"query": "lock", "cursor": "MTAuYWJj"}, "cursor: The cursor does not belong to this list"),
        ("search", {"query": "lock", "episode": "nope"}, "episode: there is no episode 'nope'; list_episodes gives"),
        ("search", {"query": ["lock"]}, "query: Input should be a valid string."),
        ("fetch", {"id": "nope"}, "id: there is no passage 'nope'."),
        ("fetch", {"id": "the-long-run/12"}, "a whole episode is read with get_transcript"),
        ("fetch", {"id": "../../etc/passwd"}, "id: there is no passage"),
        ("list_episodes", {"limit": 0}, "limit: Input should be greater than or equal to 1 (given: 0)."),
        ("get_transcript", {"episode": "nope"}, "episode: there is no episode 'nope'; list_episodes gives the ids"),
        ("get_transcript", {"episode": "the-long-run/14"}, "the-long-run/14 has no transcript yet"),
        ("get_transcript", {"episode": "the-long-run/12", "start": -1}, "start: Input should be greater than or equal"),
        ("get_chapters", {"episode": "nope"}, "episode: there is no episode"),
        ("get_chapters", {"episode": "the-long-run/14", "suggest": True}, "the-long-run/14 has no transcript yet"),
        ("verify_quote", {"quote": "lock", "episode": "nope"}, "episode: there is no episode"),
        ("verify_quote", {"quote": ""}, "quote: "),
        ("link_notes", {"episode": "the-long-run/12", "notes": ""}, "notes: "),
        ("link_notes", {"episode": "nope", "notes": "- lock"}, "episode: there is no episode"),
        ("link_notes", {"episode": "the-long-run/12", "notes": "- lock", "written": "rtf"}, "written: Input should be"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_would_be_right(
    place: Any, name: str, arguments: Plain, said: str
) -> None:
    told = refused(place, name, **arguments)
    assert said in told
    assert len(told) < 600
    assert "Traceback" not in told
    assert "pydantic" not in told


def test_an_unknown_tool_is_an_error_of_the_protocol(address: str) -> None:
    error = post(address, call("delete_everything"), HANDSHAKES[-1]).json()["error"]
    assert (error["code"], "tools/list names those there are" in error["message"]) == (-32602, True)


class _Broken:
    """A library whose every answer is this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def search(self, _query: object) -> None:
        raise self.error


@pytest.mark.parametrize("mode", ["legacy", "auto"])
@pytest.mark.parametrize("error", [ZeroDivisionError("/secret/place.py"), DamagedError("/secret/index is damaged")])
def test_a_fault_of_ours_gives_nothing_away(error: Exception, mode: str) -> None:
    broken = serve_tools(_Broken(error), lambda _context: "")  # type: ignore[arg-type]
    [result] = called(broken, ("search", QUESTION), mode=mode)
    assert "secret" not in refusal(result)


def test_an_answer_out_of_all_measure_is_not_given(tmp_path: Path) -> None:
    huge = record(
        Episode(id="p/huge", podcast="p", podcast_title="P", title="A title " * 60_000),
        [Said(0, "Ada", 1.0, "Said once.")],
    )
    library = fill(tmp_path, [huge])
    assert "ask for less of it" in refused(serve_tools(library, lambda _context: ""), "list_episodes")
    library.close()


# How it is asked.


@pytest.mark.parametrize("version", HANDSHAKES)
def test_every_version_with_a_handshake_is_answered_by_its_messages(address: str, version: str) -> None:
    begun = post(address, initialize(version))
    assert begun.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in begun.headers
    agreed = begun.json()["result"]
    assert agreed["protocolVersion"] == version
    assert agreed["serverInfo"]["name"] == "playhead"
    header = None if version < "2025-06-18" else version  # the header is as old as that
    assert post(address, {"jsonrpc": "2.0", "method": "notifications/initialized"}, header).status_code == 202
    tools = post(address, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, header).json()["result"]["tools"]
    assert [tool["name"] for tool in tools] == TOOLS
    result = post(address, call("search", **QUESTION), header).json()["result"]
    assert json.loads(result["content"][0]["text"])["results"]
    assert post(address, {"jsonrpc": "2.0", "id": 3, "method": "ping"}, header).json()["result"] == {}


@pytest.mark.parametrize("version", [None, "2025-03-26"])
def test_several_messages_at_once_are_answered_at_once(address: str, version: str | None) -> None:
    ping, told = (
        {"jsonrpc": "2.0", "id": 7, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    )
    nothing = {"jsonrpc": "2.0", "id": 8, "method": "nothing"}
    answers = post(address, [ping, told, call("search", **QUESTION), nothing, 5], version)  # type: ignore[list-item]
    assert answers.status_code == 200
    assert [each["id"] for each in answers.json()] == [7, 1, 8, None]
    assert json.loads(answers.json()[1]["result"]["content"][0]["text"])["results"]
    assert answers.json()[2]["error"]["code"] == -32601
    only_told = post(address, [told, told], version)
    assert (only_told.status_code, only_told.content) == (202, b"")


def test_too_many_at_once_and_any_in_later_versions_are_refused(address: str) -> None:
    pings = [{"jsonrpc": "2.0", "id": number, "method": "ping"} for number in range(21)]
    assert "20 messages" in post(address, pings).json()["error"]["message"]
    assert post(address, pings[:2], "2025-06-18").status_code == 400


def test_the_newest_version_is_answered_without_a_handshake(address: str) -> None:
    asked = call("search", **QUESTION)
    key = "io.modelcontextprotocol"
    asked["params"]["_meta"] = {
        f"{key}/protocolVersion": MODERN,
        f"{key}/clientCapabilities": {},
        f"{key}/clientInfo": {"name": "by-hand", "version": "1"},
    }
    headers = {"Mcp-Method": "tools/call", "Mcp-Name": "search"}
    result = post(address, asked, MODERN, **headers).json()["result"]
    assert result["structuredContent"]["results"]


def test_a_version_that_nobody_speaks_is_refused_or_another_offered(address: str) -> None:
    assert post(address, call("search", **QUESTION), "1999-01-01").status_code == 400
    assert post(address, initialize("1999-01-01")).json()["result"]["protocolVersion"] == HANDSHAKES[-1]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_session_to_open_or_to_end(address: str, method: str) -> None:
    for place in (address, f"{address}/"):
        with httpx.Client(trust_env=False) as client:
            refused = client.request(method, place, headers={"Accept": "text/event-stream"})
        assert refused.status_code == 405
        assert refused.headers["allow"] == "POST"
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_slash_at_the_end_makes_no_difference(address: str) -> None:
    [result] = called(f"{address}/", ("search", QUESTION))
    assert answer(result)["results"]


def test_links_lead_where_the_visitor_is(address: str) -> None:
    [result] = called(address, ("search", QUESTION))
    assert answer(result)["results"][0]["url"].startswith(f"{address.removesuffix('/mcp')}/episodes/the-long-run/12?t=")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example"]
)
def test_a_page_of_somebody_else_may_not_ask(address: str, origin: str) -> None:
    assert post(address, initialize(MODERN), Origin=origin).status_code == 403


def test_a_page_of_ours_and_those_that_are_named_may(kept: Library) -> None:
    settings = Settings(public_url="https://search.example.org", origins="https://inspector.example.org")
    with served(create_app(settings, kept)) as address:
        for origin in (address, "https://search.example.org", "https://inspector.example.org"):
            assert post(f"{address}/mcp", initialize(HANDSHAKES[-1]), Origin=origin).status_code == 200, origin
        assert post(f"{address}/mcp", initialize(HANDSHAKES[-1]), Origin="https://other.example").status_code == 403


def test_a_browser_is_told_that_it_may_ask(kept: Library) -> None:
    page = "https://inspector.example.org"
    wanted = {"Origin": page, "Access-Control-Request-Method": "POST"}
    sent = ["content-type", "mcp-protocol-version", "mcp-method", "mcp-name"]
    with served(create_app(Settings(origins=page), kept)) as address, httpx.Client(trust_env=False) as client:
        told = client.options(f"{address}/mcp", headers=wanted | {"Access-Control-Request-Headers": ", ".join(sent)})
    assert told.headers["access-control-allow-origin"] == page
    assert {*sent} <= {each.strip().lower() for each in told.headers["access-control-allow-headers"].split(",")}


def test_another_host_s_name_is_refused(address: str) -> None:
    assert post(address, initialize(MODERN), Host="evil.example").status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b" " * 4_000_001, 413),
        (b"{}", 400),
    ],
)
def test_a_body_that_is_no_message_is_refused(address: str, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    with httpx.Client(trust_env=False) as client:
        response = client.post(address, content=body, headers=headers)
    assert response.status_code == status
    assert "Traceback" not in response.text


def test_notes_as_long_as_they_may_be_fit_through_the_door(address: str) -> None:
    asked = {"episode": "the-long-run/12", "notes": "- " + "東京" * 20_000}
    assert post(address, call("link_notes", **asked), HANDSHAKES[-1]).status_code == 200


class _Stripping:
    """A proxy that serves us under a path and takes it off, as nginx does with a slash behind proxy_pass."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"].removeprefix("/podcasts")
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


@pytest.mark.parametrize("strips", [True, False])
@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_behind_a_path_everything_is_as_without(kept: Library, strips: bool, mode: str) -> None:
    app = create_app(Settings(public_url="https://127.0.0.1/podcasts"), kept)
    with served(_Stripping(app) if strips else app) as address:
        place = f"{address}/podcasts"
        [found, linked] = called(
            f"{place}/mcp",
            ("search", QUESTION),
            ("link_notes", {"episode": "the-long-run/12", "notes": "- lock\n" + "x " * 20_000}),
            mode=mode,
        )
        with httpx.Client(trust_env=False) as client:
            stylesheet = client.get(f"{place}/static/playhead.css")
            problem = client.get(f"{place}/api/v1/search")
    assert answer(found)["results"][0]["url"].startswith("https://127.0.0.1/podcasts/episodes/the-long-run/12?t=")
    assert not linked.is_error
    assert (stylesheet.status_code, problem.status_code) == (200, 422)
    assert problem.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("public_url", ["", "http://127.0.0.1/podcasts"])
def test_a_server_that_is_told_of_the_path_may_say_so_too(kept: Library, public_url: str) -> None:
    with served(create_app(Settings(public_url=public_url), kept), root_path="/podcasts") as address:
        [found] = called(f"{address}/mcp", ("search", QUESTION))  # uvicorn puts the path before what it is asked
    begins = public_url or f"{address}/podcasts"
    assert answer(found)["results"][0]["url"].startswith(f"{begins}/episodes/the-long-run/12?t=")


@pytest.mark.parametrize("block", [block for block in blocks("json") if "mcp" in block.marks], ids=str)
def test_a_configuration_that_is_shown_starts_playhead_or_leads_to_it(block: Block) -> None:
    [(_, servers)] = json.loads(block.text).items()
    server = servers["playhead"]
    if "url" in server:
        assert urlsplit(server["url"]).path in PATHS
    else:
        [name, *arguments] = server["args"]
        assert (server["command"], name) == ("playhead", "mcp")
        get_command(command_line).get_command(None, name).make_context(name, arguments)  # type: ignore[attr-defined,union-attr]


@pytest.mark.model
def test_an_assistant_starts_playhead_and_asks_over_its_pipes(tmp_path: Path) -> None:
    archive = Path(__file__).resolve().parents[2] / "data" / "transcripts" / "found-in-the-feed"
    index = str(tmp_path / "index")
    begun = [sys.executable, "-c", "from playhead.cli import main; main()"]
    subprocess.run([*begun, "ingest", str(archive), "--index", index], check=True, capture_output=True, timeout=300)
    server = StdioServerParameters(command=begun[0], args=[*begun[1:], "mcp", "--index", index])
    for mode in ("legacy", "auto"):
        [found, nothing] = called(server, ("search", {"query": "lighthouse"}), ("fetch", {"id": "nope"}), mode=mode)
        assert answer(found)["results"][0]["url"].startswith("http://127.0.0.1:8000/episodes/found-in-the-feed/")
        assert "there is no passage" in refusal(nothing)


@pytest.mark.model
@pytest.mark.parametrize("version", [HANDSHAKES[0], HANDSHAKES[-1]])
def test_nothing_but_the_protocol_is_printed(tmp_path: Path, version: str) -> None:
    open_engine(f"embedded:{tmp_path}", writing=True).close()
    begun = [sys.executable, "-c", "from playhead.cli import main; main()", "mcp", "--index", str(tmp_path)]
    with subprocess.Popen(begun, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as serving:
        assert serving.stdin is not None
        assert serving.stdout is not None

        def tell(message: str) -> None:
            serving.stdin.write(f"{message}\n")  # type: ignore[union-attr]
            serving.stdin.flush()  # type: ignore[union-attr]

        tell(json.dumps(initialize(version)))
        assert json.loads(serving.stdout.readline())["result"]["protocolVersion"] == version
        tell("this is no message")
        tell(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        tell(json.dumps(call("search", **QUESTION)))
        answered = next(each for each in map(json.loads, serving.stdout) if each.get("id") == 1)
        rest, told = serving.communicate(timeout=60)
    assert json.loads(answered["result"]["content"][0]["text"])["no_answer"] is True
    assert (rest, serving.returncode) == ("", 0)
    assert "Traceback" not in told


@pytest.mark.model
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_an_assistant_that_waits_for_nothing_is_not_waited_for(tmp_path: Path, told: signal.Signals) -> None:
    open_engine(f"embedded:{tmp_path}", writing=True).close()
    begun = [sys.executable, "-c", "from playhead.cli import main; main()", "mcp", "--index", str(tmp_path)]
    with subprocess.Popen(begun, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as serving:
        assert serving.stdin is not None
        assert serving.stdout is not None
        serving.stdin.write(f"{json.dumps(initialize(HANDSHAKES[-1]))}\n")
        serving.stdin.flush()
        assert json.loads(serving.stdout.readline())["id"] == 0
        serving.send_signal(told)
        assert serving.wait(20) == -told  # its standard input is still open
        assert serving.stderr is not None
        assert "Traceback" not in serving.stderr.read()


def test_a_library_that_is_not_there_is_one_clear_line_and_no_protocol(tmp_path: Path) -> None:
    begun = [sys.executable, "-c", "from playhead.cli import main; main()", "mcp", "--index", str(tmp_path / "no")]
    done = subprocess.run(begun, input="", capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert "playhead ingest" in done.stderr
    assert "Traceback" not in done.stderr

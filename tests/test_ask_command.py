"""`playhead ask`: a question in, sentences with numbered sources out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.archive import EVERY, fill
from tests.chat import open_chat
from tests.doubles import HashingEmbedder

QUESTION = "why is the free-threaded build slower"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("index")
    fill(place, EVERY).close()
    return place


@pytest.fixture
def ask(playhead, index: Path, monkeypatch: pytest.MonkeyPatch):
    """Run `playhead ask` over the small archive, by the vectors that it was made with."""
    monkeypatch.setattr("playhead.library.SentenceTransformerEmbedder", lambda *_: HashingEmbedder())
    return lambda *given: playhead("ask", *given, "--index", index)


def test_without_an_endpoint_what_was_said_is_printed_with_its_sources(ask) -> None:
    code, out, err = ask(QUESTION)

    assert code == 0
    assert "takes its own small lock.” [" in out.replace("\n", " ")
    assert "?” [" not in out
    assert "[1] Grace Okoye, The Long Run: Threads without a lock, 1:52\n    https://longrun.example/12.mp3#t=" in out
    assert "No endpoint is configured" in err


def test_with_an_endpoint_its_sentences_are_printed(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_chat() as chat:
        monkeypatch.setenv("PLAYHEAD_ASK_URL", chat.address)
        monkeypatch.setenv("PLAYHEAD_ASK_MODEL", "small")
        chat.writes = lambda _: "Every list takes its own small lock [1]. The sea is green [1]."
        code, out, err = ask("every list and every dictionary takes its own small lock")

    assert code == 0
    assert out.startswith("Every list takes its own small lock. [1]\n\n[1] Grace Okoye")
    assert "dropped: 1" in err
    assert len(chat.asked) == 1


def test_json_is_what_rest_answers(ask) -> None:
    code, out, _ = ask(QUESTION, "--json", "--speaker", "Grace Okoye", "--since", "2024-01-01")
    answer = json.loads(out)

    assert code == 0
    assert set(answer) == set("question answer composed dropped reason no_answer citations index".split())
    assert all(each["speakers"] == ["Grace Okoye"] for each in answer["citations"])


def test_where_nothing_answers_that_is_said_and_the_command_ends_with_1(ask) -> None:
    code, out, err = ask('"nobody ever said these words"')

    assert (code, out) == (1, "")
    assert "Nothing in the library is about this." in err


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ([""], 2, "The question is empty"),
        (["slower", "--since", "spring"], 2, "write a date as 2024-10-02"),
        (["slower", "--include", "adverts"], 2, "it can be sponsor"),
        (["slower", "--mode", "magic"], 2, "it is hybrid, meaning or words"),
        (["slower", "--kind", "advert"], 2, "kind is 'advert'"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(ask, given: list[str], code: int, told: str) -> None:
    ended, out, err = ask(*given)

    assert (ended, out) == (code, "")
    assert told in err


def test_half_an_endpoint_is_told_before_anything_is_opened(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_ASK_URL", "http://127.0.0.1:9/v1")
    code, _, err = ask(QUESTION)

    assert code == 3
    assert "PLAYHEAD_ASK_MODEL is missing" in err

"""The command line: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playhead.engine import open_engine
from tests.conftest import ROOT
from tests.web import Page, Web, web

DEMO = ROOT / "data" / "transcripts"
EPISODES = len(list(DEMO.glob("*/*/")))
OF_ONE_SHOW = len(list(DEMO.glob("found-in-the-feed/*/")))
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo archive with the real model."""
    from ingest.folders import find
    from ingest.pipeline import ingest
    from playhead.library import open_library
    from playhead.settings import Settings

    place = tmp_path_factory.mktemp("index")
    library = open_library(Settings(engine=f"embedded:{place}"), writing=True)
    for _ in ingest(find([DEMO]), library):
        pass
    library.close()
    return place


def test_an_ingest_says_what_it_did(playhead, tmp_path: Path):
    code, out, err = playhead("ingest", DEMO / "found-in-the-feed", "--index", tmp_path / "i")

    assert (code, out) == (0, "")
    assert f"{OF_ONE_SHOW} added" in err


def test_an_ingest_can_be_read_by_a_program(playhead, index: Path):
    code, out, _ = playhead("ingest", DEMO, "--index", index, "--json")

    assert code == 0
    assert json.loads(out) == {
        "added": 0, "untranscribed": 0, "unchanged": EPISODES, "skipped": 0, "segments": 0, "problems": 0,
    }  # fmt: skip


def test_a_run_that_skipped_something_ends_with_one(playhead, tmp_path: Path):
    shutil.copytree(DEMO / "found-in-the-feed", tmp_path / "show")
    (tmp_path / "show" / "notes.md").write_text("Nobody says this.", "utf-8")

    code, _, err = playhead("ingest", tmp_path / "show", "--index", tmp_path / "i")

    assert code == 1
    assert "notes.md" in err
    assert f"{OF_ONE_SHOW} added" in err


def test_a_name_of_a_file_that_is_skipped_steers_no_terminal(playhead, tmp_path: Path):
    shutil.copytree(DEMO / "found-in-the-feed", tmp_path / "show")
    (tmp_path / "show" / "no\x1b[31mtes.md").write_text("Nobody says this.", "utf-8")

    _, _, err = playhead("ingest", tmp_path / "show", "--index", tmp_path / "i")

    assert "no\\x1b[31mtes.md" in err
    assert "\x1b" not in err


def test_a_dry_run_makes_no_library(playhead, tmp_path: Path):
    code, _, err = playhead("ingest", DEMO, "--dry-run", "--index", tmp_path / "i")

    assert code == 0
    assert "nothing kept" in err
    assert not (tmp_path / "i").exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["ingest", "no/such/folder"], 4, "no/such/folder"),
        (["ingest", "http://127.0.0.1/feed.xml"], 4, "PLAYHEAD_ALLOW_HOSTS=127.0.0.1:80"),
        (["ingest", ""], 4, "path is empty"),
        (["search", ""], 2, "empty"),
        (["search", "x" * 10_000], 2, "10,000 characters"),
        (["search", "?!"], 2, "no words"),
        (["search", "jit", "--since", "soon"], 2, "2024-10-02"),
        (["search", "jit", "--mode", "magic"], 2, "magic"),
        (["search", "jit", "--include", "adverts"], 2, "sponsor"),
        (["search", "jit"], 1, "playhead ingest"),
        (["refresh"], 1, "playhead ingest"),
        (["remove", "no/such"], 1, "playhead ingest"),
        (["eval", "no-such.jsonl"], 4, "no-such.jsonl"),
        (["doctor", "no-such-file.md"], 4, "no-such-file.md"),
        (["no-such-command"], 2, "no-such-command"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_an_exit_code(
    playhead, tmp_path: Path, words: list[str], code: int, says: str
):
    library = [] if words[0] in ("doctor", "no-such-command") else ["--index", str(tmp_path / "i")]

    ended, out, err = playhead(*words, *library)

    assert (ended, out) == (code, "")
    assert says in err
    assert "Traceback" not in err
    assert words[0] == "ingest" or not (tmp_path / "i").exists()


def test_an_episode_that_is_not_there_cannot_be_removed(playhead, index: Path):
    code, out, err = playhead("remove", "no/such", "--index", index)

    assert (code, out) == (1, "")
    assert "'no/such'" in err


def test_the_first_answer_explains_why_free_threaded_is_slower(playhead, index: Path):
    code, out, _ = playhead("search", "why is free-threaded slower", "--index", index)

    assert code == 0
    assert "Why one thread got slower" in out.splitlines()[0]
    assert "http://127.0.0.1:8000/audio/bytecode-at-breakfast/one-thread-in-the-slow-lane#t=" in out


def test_a_search_can_be_read_by_a_program(playhead, index: Path):
    code, out, _ = playhead("search", "how does the JIT reuse LLVM", "--index", index, "--json", "--limit", "2")
    found = json.loads(out)

    assert code == 0
    assert len(found["results"]) == 2
    assert found["results"][0]["chapter"]["title"] == "Copy and patch"
    assert found["index"]["model"] == "all-MiniLM-L6-v2"


def test_a_question_nobody_answers_ends_with_one(playhead, index: Path):
    code, _, err = playhead("search", "how do I bake sourdough bread", "--index", index)

    assert code == 1
    assert "Nothing in the library" in err


def test_a_phrase_that_nobody_says_is_named(playhead, index: Path):
    code, out, err = playhead("search", 'the JIT "copy and paste and [patch]"', "--index", index)

    assert (code, out) == (1, "")
    assert "No passage says “copy and paste and [patch]”" in err


def test_status_says_what_is_there_and_how_it_computes(playhead, index: Path):
    code, out, _ = playhead("status", "--index", index, "--json")
    about = json.loads(out)

    assert code == 0
    assert about["episodes"] == EPISODES
    assert about["findable"] == about["segments"] > 40
    assert about["precision"] in ("bfloat16", "float32")
    assert sum(each["episodes"] for each in about["languages"]) == EPISODES


def test_status_says_of_every_language_what_works(playhead, tmp_path: Path):
    for name, language, said in (("one", "ja", "灯台の話です。"), ("two", "en-GB", "A lighthouse.")):
        folder = tmp_path / "shows" / "show" / name
        folder.mkdir(parents=True)
        (folder / "episode.toml").write_text(f'language = "{language}"\n', encoding="utf-8")
        (folder / "transcript.md").write_text(f"**Ada:** {said} {said}\n\n**Bo:** {said}\n", encoding="utf-8")
    playhead("ingest", tmp_path / "shows", "--index", tmp_path / "index")

    _, out, _ = playhead("status", "--index", tmp_path / "index")

    assert "language      en: 1 episode; words: stems; meaning: yes\n" in out
    assert "language      ja: 1 episode; words: pairs of characters; meaning: no, the model does not know it" in out


def test_a_removed_episode_is_gone_at_once(playhead, index: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(index, copy)
    episode = "found-in-the-feed/the-lighthouse-is-in-episode-eighty-four"

    assert playhead("remove", episode, "--index", copy)[0] == 0
    _, out, _ = playhead("search", "lighthouse", "--index", copy, "--json")

    assert all(result["episode"]["id"] != episode for result in json.loads(out)["results"])


def test_the_demo_s_own_questions_are_answered(playhead, index: Path):
    code, out, _ = playhead("eval", DEMO / "questions.jsonl", "--index", index, "--json")

    assert code == 0
    assert json.loads(out)["measures"]["success@5"]["value"] >= 0.9


def test_the_doctor_names_a_file_s_format_and_counts_what_is_in_it(playhead):
    slow_lane = DEMO / "bytecode-at-breakfast" / "one-thread-in-the-slow-lane" / "one-thread-in-the-slow-lane.md"
    code, out, _ = playhead("doctor", slow_lane, "--json")
    about = json.loads(out)

    assert code == 0
    assert about["format"] == "changelog"
    assert len(about["speakers"]) == 3
    assert about["problems"] == []


@pytest.mark.parametrize(
    ("name", "value"), [("PLAYHEAD_PRECISION", "float128"), ("PLAYHEAD_PUBLIC_URL", "example.org")]
)
def test_settings_that_do_not_fit_are_named(playhead, monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(name, value)

    code, _, err = playhead("search", "jit")

    assert code == 3
    assert name in err


def test_an_empty_variable_is_no_setting(playhead, monkeypatch: pytest.MonkeyPatch, index: Path):
    """Compose files write PLAYHEAD_MODEL= for want of a value."""
    monkeypatch.setenv("PLAYHEAD_MODEL", "")

    assert playhead("status", "--index", index)[0] == 0


def test_a_terminal_that_cannot_show_a_letter_is_told_which(index: Path):
    ended = _in_a_shell("search", "why is it slower", "--index", index, PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert (ended.returncode, ended.stderr.count("Traceback")) == (0, 0)
    assert r"\xb1" in ended.stdout


def test_an_output_that_takes_nothing_more_is_one_line(index: Path):
    with Path("/dev/full").open("w") as full:
        ended = _in_a_shell("status", "--index", index, stdout=full)

    assert ended.returncode == 1
    assert "playhead: No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


def _in_a_shell(*words: object, stdout: Any = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from playhead.cli import main; main()", *map(str, words)],
        env=os.environ | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


TIDES = "WEBVTT\n\n00:01.000 --> 00:04.000\nThe tide comes in at night, and nobody sees it.\n"


def feed_of(*numbers: int) -> str:
    items = (f'<item><guid>nh-{n}</guid><podcast:transcript url="{n}.vtt"/></item>' for n in numbers)
    return (
        '<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>Night Harbour</title>'
        f"{''.join(items)}</channel></rss>"
    )


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web that may be asked, with two transcripts."""
    with web() as found:
        monkeypatch.setenv("PLAYHEAD_ALLOW_HOSTS", found.place)
        for number in (1, 2):
            found.put(f"/{number}.vtt", TIDES)
        yield found


def test_a_feed_is_ingested_from_its_address_and_then_it_is_unchanged(playhead, served: Web, tmp_path: Path):
    words = ["ingest", served.put("/feed.xml", feed_of(1)), "--index", tmp_path / "i", "--json"]
    first, again = playhead(*words), playhead(*words)

    assert first[0] == again[0] == 0
    assert json.loads(first[1])["added"] == json.loads(again[1])["unchanged"] == 1


def test_a_list_of_feeds_brings_each_and_one_that_fails_stops_no_other(playhead, served: Web, tmp_path: Path):
    served.put("/a.xml", feed_of(1))
    served.put("/b.xml", feed_of(2).replace("Night Harbour", "Day Harbour"))
    served.put("/shows.opml", "<opml><body/></opml>")
    addresses = (served.url(path) for path in ("/a.xml", "/gone.xml", "/shows.opml", "/b.xml", "/a.xml"))
    shows = f"<opml><body>{''.join(f'<outline xmlUrl={address!r}/>' for address in addresses)}</body></opml>"
    (tmp_path / "shows.opml").write_text(shows)
    listed = served.put("/shows.xml", shows)

    code, out, err = playhead("ingest", tmp_path / "shows.opml", "--index", tmp_path / "i", "--json")
    again = playhead("ingest", listed, "--index", tmp_path / "i", "--json")

    assert code == 1
    summary = json.loads(out)
    assert (summary["added"], summary["skipped"]) == (2, 2)
    assert f"skipped: {served.url('/gone.xml')}: answers 404" in err
    assert f"skipped: {served.url('/shows.opml')}: there is not one feed in this list" in err
    assert json.loads(again[1])["unchanged"] == 2
    engine = open_engine(f"embedded:{tmp_path / 'i'}")
    assert [feed.url for feed in engine.subscriptions()] == [served.url("/a.xml"), served.url("/b.xml")]
    engine.close()


def test_a_list_of_feeds_that_is_merely_found_is_not_followed(playhead, served: Web, tmp_path: Path):
    shutil.copytree(DEMO / "found-in-the-feed", tmp_path / "show")
    outline = f'<opml><body><outline xmlUrl="{served.put("/a.xml", feed_of(1))}"/></body></opml>'
    (tmp_path / "show" / "shows.opml").write_text(outline)

    code, out, err = playhead("ingest", tmp_path / "show", "--index", tmp_path / "i", "--json", "--dry-run")

    assert (code, json.loads(out)["added"], json.loads(out)["skipped"]) == (1, OF_ONE_SHOW, 1)
    assert f"playhead ingest {tmp_path / 'show' / 'shows.opml'} fetches them" in err
    assert served.asked == []


def test_a_feed_on_this_machine_that_is_named_has_its_transcripts_fetched(playhead, served: Web, tmp_path: Path):
    (tmp_path / "show").mkdir()
    place = tmp_path / "show" / "feed.xml"
    place.write_text(feed_of(1, 2).replace('url="', f'url="http://{served.place}/'))
    (tmp_path / "show" / "1.vtt").write_text(TIDES)
    served.pages["/2.vtt"].headers["ETag"] = '"1"'
    words = ["--index", tmp_path / "i", "--json"]

    first, again, found = (playhead("ingest", path, *words) for path in (place, place, place.parent))

    assert (first[0], json.loads(first[1])["added"]) == (0, 2)
    assert (again[0], json.loads(again[1])["unchanged"]) == (0, 2)
    assert served.paths == ["/2.vtt", "/2.vtt"]
    assert served.sent == len(TIDES)
    assert (found[0], json.loads(found[1])["skipped"]) == (1, 1)


def test_a_refresh_brings_what_is_new_in_the_feeds_that_are_known(playhead, served: Web, tmp_path: Path):
    url = served.put("/feed.xml", feed_of(1), ETag='"1"')
    playhead("ingest", url, "--podcast", "Tides", "--index", tmp_path / "i")
    served.put("/feed.xml", feed_of(1, 2), ETag='"2"')
    refresh = ["refresh", "--index", tmp_path / "i", "--json"]

    code, out, _ = playhead(*refresh)
    asked = len(served.asked)
    again, nothing, _ = playhead(*refresh)

    assert code == again == 0
    assert (json.loads(out)["added"], json.loads(out)["unchanged"]) == (1, 1)
    assert set(json.loads(nothing).values()) == {0}
    assert served.paths[asked:] == ["/feed.xml"]
    engine = open_engine(f"embedded:{tmp_path / 'i'}")
    assert [podcast.title for podcast in engine.view().podcasts()] == ["Tides"]
    engine.close()


def test_a_refresh_fetches_what_has_not_changed_only_where_it_is_told_to(
    playhead, served: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    playhead("ingest", served.put("/feed.xml", feed_of(1), ETag='"1"'), "--index", tmp_path / "i")
    asked = len(served.asked)
    for module in ("ingest.sources", "ingest.downloads"):
        monkeypatch.setattr(f"{module}.READER_VERSION", 1_000)

    refresh = ["refresh", "--index", tmp_path / "i", "--json"]
    assert set(json.loads(playhead(*refresh)[1]).values()) == {0}
    assert served.paths[asked:] == ["/feed.xml"]

    assert json.loads(playhead(*refresh, "--again")[1])["added"] == 1
    assert served.paths[asked + 1 :] == ["/feed.xml", "/1.vtt"]


def test_a_refresh_asks_again_for_what_could_not_be_had(playhead, served: Web, tmp_path: Path):
    gone = served.pages.pop("/2.vtt")
    url = served.put("/feed.xml", feed_of(1, 2), ETag='"1"')
    assert playhead("ingest", url, "--index", tmp_path / "i")[0] == 1
    refresh = ["refresh", "--index", tmp_path / "i", "--json"]
    assert playhead(*refresh)[0] == 1
    waiting = playhead("status", "--index", tmp_path / "i", "--json")[1]
    served.pages["/2.vtt"] = gone

    code, out, _ = playhead(*refresh)

    assert (code, json.loads(out)["added"]) == (0, 1)
    assert (json.loads(waiting)["episodes"], json.loads(waiting)["untranscribed"]) == (2, 1)


def test_a_refresh_keeps_the_transcript_that_its_host_has_lost(playhead, served: Web, tmp_path: Path):
    url = served.put("/feed.xml", feed_of(1, 2), ETag='"1"')
    playhead("ingest", url, "--index", tmp_path / "i")
    served.put("/1.vtt", "")
    served.put("/feed.xml", feed_of(1, 2), ETag='"2"')
    assert playhead("refresh", "--index", tmp_path / "i")[0] == 1
    held = json.loads(playhead("status", "--index", tmp_path / "i", "--json")[1])
    assert (held["episodes"], held["untranscribed"]) == (2, 0)


def test_a_refresh_says_that_it_waits_and_follows_a_feed_that_has_moved(playhead, served: Web, tmp_path: Path):
    url = served.put("/feed.xml", feed_of(1))
    playhead("ingest", url, "--index", tmp_path / "i")
    served.pages["/new.xml"] = served.pages["/feed.xml"]
    served.first["/new.xml"] = [Page(status=503, headers={"Retry-After": "1"})]
    served.send_on("/feed.xml", "/new.xml", status=308)

    code, _, err = playhead("refresh", "--index", tmp_path / "i")

    assert code == 0
    assert f"{url}: answers 503 Service Unavailable; asking again in 1 s." in err
    assert playhead("refresh", "--index", tmp_path / "i", "--forget", served.url("/new.xml"))[0] == 0


def test_a_feed_that_is_gone_does_not_stop_a_refresh_and_can_be_forgotten(playhead, served: Web, tmp_path: Path):
    gone, there = served.put("/a.xml", feed_of(1)), served.put("/b.xml", feed_of(2))
    playhead("ingest", gone, there, "--index", tmp_path / "i")
    del served.pages["/a.xml"]
    refresh = ["refresh", "--index", tmp_path / "i"]

    code, _, err = playhead(*refresh)
    assert code == 1
    assert f"skipped: {gone}: answers 404" in err
    served.pages["/a.xml"] = Page(status=410)
    assert f"playhead refresh --forget {gone}" in playhead(*refresh)[2]
    assert playhead(*refresh, "--forget", gone)[0] == 0
    code, _, err = playhead(*refresh, "--forget", gone)
    assert code == 1
    assert gone in err


LITTLE_LOCK = "every list and every dict has its own little lock now"


def test_a_quote_is_verified_with_who_said_it_and_when(playhead, index: Path):
    code, out, err = playhead("verify-quote", LITTLE_LOCK.upper(), "--speaker", "Varga", "--index", index)

    assert code == 0
    assert out.startswith("Verbatim\n")
    assert "   8:56 ± 5 s  Ines Varga\n   Bytecode at Breakfast: One thread in the slow lane\n" in out
    assert "Every list and every dict has its own little lock now" in out
    assert "1 of 1 places" in err


def test_a_quote_of_somebody_else_is_verbatim_and_still_not_as_claimed(playhead, index: Path):
    code, out, err = playhead("verify-quote", LITTLE_LOCK, "--speaker", "Tamsin Obuya", "--index", index)

    assert (code, out.startswith("Verbatim\n")) == (1, True)
    assert "Not said by Tamsin Obuya: said by Ines Varga." in err


def test_a_quote_that_nobody_said_shows_what_was_said_instead(playhead, index: Path):
    code, out, _ = playhead("verify-quote", LITTLE_LOCK.replace("every dict", "no dict"), "--index", index)

    assert code == 1
    assert out.startswith("Not found\nThe nearest that is said:\n")
    assert "negation: quoted “no”, said “every”" in out


def test_a_verified_quote_is_printed_as_rest_has_it(playhead, index: Path):
    code, out, _ = playhead("verify-quote", f"Um, {LITTLE_LOCK}", "--index", index, "--json")
    answer = json.loads(out)

    assert (code, answer["verdict"]) == (0, "near")
    assert [(each["kind"], each["quoted"]) for each in answer["matches"][0]["differences"]] == [("filler", "Um")]
    assert answer["matches"][0]["links"]["read"].startswith("http://127.0.0.1:8000/episodes/")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([""], 2, "The quote is empty"),
        (["x" * 100_000], 2, "100,000 characters"),
        (["a lock", "--episode", "nowhere/1"], 1, "There is no episode 'nowhere/1'"),
    ],
)
def test_a_quote_that_cannot_be_looked_for_is_one_line(playhead, index: Path, words: list[str], code: int, said: str):
    ended, _, err = playhead("verify-quote", *words, "--index", index)

    assert ended == code
    assert said in err
    assert err.count("\n") == 1

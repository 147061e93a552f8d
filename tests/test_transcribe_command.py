"""`playhead transcribe` and what the other commands say of episodes that wait for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest import fetch as fetching
from tests.test_untranscribed import CUES, feed, item
from tests.web import web

pytestmark = pytest.mark.model

HEARD = {
    "language": "en",
    "duration": 60.0,
    "segments": [{"id": 0, "start": 2.0, "end": 6.0, "text": " The keeper rowed out with a lantern in his teeth."}],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A feed of three episodes without a transcript, in the folder that we are in."""
    (tmp_path / "feed.xml").write_text(
        feed(item(1, "The dark lighthouse"), item(2, "Rain on the quay"), item(3, "What the tide left"))
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_says_how_many_have_no_transcript_and_names_one_and_that_is_no_failure(playhead, folder: Path):
    code, out, err = playhead("ingest", folder)

    assert (code, out) == (0, "")
    assert "No transcript yet for 3 of them, such as night-harbour/nh-1" in err
    assert "playhead transcribe --missing" in err
    assert "3 added (3 passages), 0 unchanged, 0 skipped" in err


def test_programs_are_told_the_number(playhead, folder: Path):
    _, out, _ = playhead("ingest", folder, "--json")
    assert {"added": 3, "untranscribed": 3, "skipped": 0}.items() <= json.loads(out).items()
    _, out, _ = playhead("status", "--json")
    assert {"episodes": 3, "untranscribed": 3}.items() <= json.loads(out).items()


def test_transcripts_that_were_made_before_are_read_without_a_model(playhead, folder: Path):
    playhead("ingest", folder)
    kept = folder / "transcripts" / "night-harbour"
    kept.mkdir(parents=True)
    (kept / "nh-2.transcript.json").write_text(json.dumps(HEARD))

    code, _, err = playhead("transcribe", "night-harbour/nh-2")

    assert (code, "1 transcribed (1 passages), 0 unchanged, 0 skipped" in err) == (0, True)
    assert 'title = "Rain on the quay"' in (kept / "nh-2.episode.toml").read_text()
    _, out, _ = playhead("search", "who rowed out with a lantern", "--limit", "1")
    assert out.startswith(" 1 0:02")
    assert playhead("transcribe", "night-harbour/nh-2")[2].startswith("night-harbour/nh-2: has a transcript")


def test_a_refresh_takes_no_transcript_away_and_brings_those_that_the_feed_names_by_now(
    playhead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.0)
    monkeypatch.chdir(tmp_path)
    with web() as served:
        monkeypatch.setenv("PLAYHEAD_ALLOW_HOSTS", served.place)
        url = served.put("/feed.xml", feed(item(1, "The dark lighthouse"), item(2, "Rain on the quay")))
        playhead("ingest", url)
        kept = tmp_path / "transcripts" / "night-harbour"
        kept.mkdir(parents=True)
        (kept / "nh-2.transcript.json").write_text(json.dumps(HEARD))
        playhead("transcribe", "night-harbour/nh-2")
        served.put("/1.vtt", CUES)
        named = '<podcast:transcript url="/1.vtt" type="text/vtt"/>'
        served.put("/feed.xml", feed(item(1, "The dark lighthouse", "", named), item(2, "Rain on the quay", "Wet.")))

        code, _, err = playhead("refresh")

        assert (code, "No transcript yet" in err) == (0, False)
        assert json.loads(playhead("status", "--json")[1])["untranscribed"] == 0
        assert playhead("search", "rowed out with a lantern", "--episode", "night-harbour/nh-2")[1].startswith(
            " 1 0:02"
        )
        assert playhead("search", "the storm", "--episode", "night-harbour/nh-1")[1].startswith(" 1 0:02")
        assert '"unchanged": 2' in playhead("ingest", url, "--json")[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--missing"], 3, "playhead: "),
        (["night-harbour/nh-1"], 3, "playhead: "),
        (["night-harbour/nh-9"], 1, "No episode 'night-harbour/nh-9' in the library"),
        ([], 2, "name the episodes, or --missing"),
        (["night-harbour/nh-1", "--missing"], 2, "name the episodes, or --missing"),
    ],
)
def test_what_it_lacks_is_said_before_anything_is_fetched(
    playhead, folder: Path, words: list[str], code: int, said: str
):
    playhead("ingest", folder)

    ended, out, err = playhead("transcribe", *words)

    assert (ended, out) == (code, "")
    assert said in err
    assert not (folder / "transcripts").exists()

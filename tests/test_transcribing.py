"""Sound becomes a transcript that is kept as a file and read like any other.

Most tests listen with a `Recited`: a transcriber that recites a lesson by heart. The last ones listen with Whisper
itself, where the extra ``playhead[transcribe]`` is installed and PLAYHEAD_TEST_WHISPER_MODEL names a model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ingest import fetch as fetching
from ingest.fetch import fetch, places
from ingest.pipeline import Added, Unchanged, ingest
from ingest.transcribing import Hear, place_of, transcribe, untranscribed
from ingest.whisper import Hearing, WhisperTranscriber
from playhead.errors import FetchError, InputError, ModelError
from playhead.library import Library, open_library
from playhead.model import Episode
from playhead.query import Query
from playhead.settings import Settings
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder
from tests.test_untranscribed import feed, item, known, run
from tests.web import web

SOUND = b"\xff\xfb a sound of some length"


class Recited:
    """Hears the same few words in every sound, and remembers which it was given."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines or (" The lighthouse went dark in the storm.", " The keeper rowed out with a lantern.")
        self.sounds: list[tuple[str, bytes, str | None]] = []

    def __call__(self, sound: Path, language: str | None) -> Hearing:
        self.sounds.append((sound.name, sound.read_bytes(), language))
        segments = [
            {"id": n, "start": 4.0 * n, "end": 4.0 * n + 3, "text": line, "avg_logprob": -0.2, "no_speech_prob": 0.1}
            for n, line in enumerate(self.lines)
        ]
        return {"language": "en", "duration": 60.0, "segments": segments}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(Settings(engine=f"embedded:{tmp_path}/index"), writing=True, embedder=HashingEmbedder())
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "harbour"
    place.mkdir()
    return place


def listen(library: Library, hear: Hear, out: Path | None = None, allowed: str = "") -> list[object]:
    """Transcribe all there is to transcribe; the events of reading it in."""
    return [
        event
        for episode in list(untranscribed(library.view()))
        for event in list(ingest([transcribe(episode, place_of(episode, out), hear, places(allowed))], library))[:-1]
    ]


def test_sound_on_this_machine_gets_its_transcript_beside_it_and_is_found_by_what_is_said(
    library: Library, folder: Path
):
    (folder / "tides.mp3").write_bytes(SOUND)
    run(library, folder)
    hear = Recited()

    (added,) = listen(library, hear)
    episode, transcript = known(library, "harbour/tides")

    assert isinstance(added, Added)
    assert added.transcribed
    assert hear.sounds == [("tides.mp3", SOUND, None)]
    assert sorted(path.name for path in folder.iterdir()) == ["tides.mp3", "tides.transcript.json"]
    assert (episode.transcribed, episode.audio_file) == (True, str(folder / "tides.mp3"))
    assert transcript.text.startswith("The lighthouse went dark in the storm.")
    assert {turn.speaker for turn in transcript.turns} == {None}
    found = library.search(Query("who rowed out with the lantern")).excerpts[0]
    assert (found.segment.kind, found.segment.time.source) == ("content", "cue")
    assert list(untranscribed(library.view())) == []


def test_the_next_ingest_of_its_folder_finds_nothing_new(library: Library, folder: Path):
    (folder / "tides.mp3").write_bytes(SOUND)
    run(library, folder)
    listen(library, Recited())

    assert [type(event) for event in run(library, folder)] == [Unchanged]


def test_a_transcript_that_is_there_is_not_made_again(library: Library, folder: Path):
    (folder / "tides.mp3").write_bytes(SOUND)
    run(library, folder)
    (episode,) = untranscribed(library.view())
    path = place_of(episode, None)
    transcribe(episode, path, Recited())
    corrected = path.read_text().replace("lighthouse", "light-house")
    path.write_text(corrected)

    hear = Recited()
    transcribe(episode, path, hear)

    assert hear.sounds == []
    assert path.read_text() == corrected


def test_sound_of_a_feed_is_fetched_and_its_transcript_makes_the_same_episode_in_an_empty_library(
    library: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.0)
    with web() as served:
        address = served.put("/1.mp3", SOUND * 1000, Content_Type="audio/mpeg")
        stated = feed(item(1, 'The "dark" lighthouse', "First line.\nSecond line."))
        (folder / "feed.xml").write_text(stated.replace("https://harbour.example.org/1.mp3", address))
        run(library, folder)
        hear = Recited()
        listen(library, hear, tmp_path / "kept", served.place)
    kept = tmp_path / "kept" / "night-harbour"

    assert [(sound, language) for _, sound, language in hear.sounds] == [(SOUND * 1000, None)]
    assert sorted(path.name for path in kept.iterdir()) == ["nh-1.episode.toml", "nh-1.transcript.json"]
    episode, transcript = known(library, "night-harbour/nh-1")
    assert (episode.transcribed, episode.title) == (True, 'The "dark" lighthouse')

    place = Settings(engine=f"embedded:{tmp_path}/other")
    other = open_library(place, writing=True, embedder=HashingEmbedder())
    run(other, tmp_path / "kept")
    again, words = known(other, "night-harbour/nh-1")
    other.close()
    facts = ("podcast_title", "title", "description", "published", "audio_url")
    assert [getattr(again, fact) for fact in facts] == [getattr(episode, fact) for fact in facts]
    assert words == transcript


def test_what_is_larger_than_any_sound_is_refused_while_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.0)
    with web() as served, (tmp_path / "sound").open("wb") as file:
        url = served.put("/1.mp3", b"x" * 3 * 2**20)
        with pytest.raises(FetchError, match="larger than 1 MB"):
            fetch(url, allow=places(served.place), most=2**20, into=file)
    assert (tmp_path / "sound").stat().st_size <= 2**20


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ({}, "h/1: it names no sound to listen to"),
        ({"audio_file": "/no/such/sound.mp3"}, "h/1: its sound is no longer at /no/such/sound.mp3"),
        ({"audio_url": "http://127.0.0.1/1.mp3"}, "which is not of the public internet"),
    ],
)
def test_an_episode_without_sound_to_be_had_says_so(tmp_path: Path, facts: dict[str, str], complaint: str):
    episode = Episode("h/1", "h", "H", "One", fingerprint="1", transcribed=False, **facts)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=complaint):
        transcribe(episode, tmp_path / "1.transcript.json", Recited())
    assert list(tmp_path.iterdir()) == []


def test_a_sound_in_which_nobody_is_heard_leaves_no_transcript(library: Library, folder: Path):
    (folder / "tides.mp3").write_bytes(SOUND)
    run(library, folder)
    (episode,) = untranscribed(library.view())

    with pytest.raises(InputError, match="nobody is heard"):
        transcribe(episode, place_of(episode, None), lambda *_: {"language": "en", "duration": 9.0, "segments": []})
    assert [path.name for path in folder.iterdir()] == ["tides.mp3"]


def test_what_whisper_makes_up_is_reported_and_not_deleted(library: Library, folder: Path):
    (folder / "tides.mp3").write_bytes(SOUND)
    run(library, folder)

    (added,) = listen(library, Recited(" The bell rang twice.", *[" I'm sorry."] * 6, " Thanks for watching!"))
    _, transcript = known(library, "harbour/tides")

    assert isinstance(added, Added)
    messages = [problem.message for problem in added.problems]
    assert any("the same words 6 times in a row" in message for message in messages)
    assert any("nobody may have said this" in message for message in messages)
    assert transcript.text.count("I'm sorry.") == 6
    assert "Thanks for watching!" in transcript.text


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path):
    (tmp_path / "sound.mp3").write_bytes(SOUND)
    (tmp_path / "taken").write_text("no folder")
    episode = Episode(
        "h/1", "h", "H", "One", fingerprint="1", transcribed=False, audio_file=str(tmp_path / "sound.mp3")
    )
    with pytest.raises(InputError, match=r"1\.transcript\.json: cannot be written: .*choose a folder with --out"):
        transcribe(episode, place_of(episode, tmp_path / "taken"), Recited())


# The model.


@pytest.mark.parametrize("folder", [None, "/no/such/model", "."])
def test_a_model_that_is_not_there_is_said_to_be_missing_and_never_downloaded(folder: str | None):
    with pytest.raises(ModelError, match=r"PLAYHEAD_WHISPER_MODEL|pip install 'playhead\[transcribe\]'"):
        WhisperTranscriber(folder)


def _whisper() -> str:
    model = os.environ.get("PLAYHEAD_TEST_WHISPER_MODEL")
    if find_spec("faster_whisper") is None or not model:
        pytest.skip("faster-whisper is not installed, or PLAYHEAD_TEST_WHISPER_MODEL names no model")
    return model


def test_whisper_refuses_what_is_no_sound_and_a_language_it_does_not_know(tmp_path: Path):
    transcriber = WhisperTranscriber(_whisper())
    (tmp_path / "text.mp3").write_text("This is a text.")
    with pytest.raises(InputError, match=r"text\.mp3: this is no sound that can be played"):
        transcriber.hear(tmp_path / "text.mp3", "en", lambda *_: None)
    with pytest.raises(InputError, match="is in 'xx', and the model"):
        transcriber.hear(tmp_path / "text.mp3", "xx", lambda *_: None)


def test_whisper_hears_the_demo_archive(tmp_path: Path):
    """Offline: a process of its own, where every connection fails."""
    sound = ROOT / "data/transcripts/found-in-the-feed/a-different-cake-in-winnipeg/a-different-cake-in-winnipeg.opus"
    script = (
        "import socket, sys, json\n"
        "from pathlib import Path\n"
        "def refuse(event, arguments):\n"
        "    if event == 'socket.connect': raise OSError('offline')\n"
        "sys.addaudithook(refuse)\n"
        "from ingest.whisper import WhisperTranscriber\n"
        "heard = WhisperTranscriber(sys.argv[1]).hear(Path(sys.argv[2]), 'en', lambda *_: None)\n"
        "print(json.dumps(heard))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, _whisper(), str(sound)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heard = json.loads(ended.stdout)
    assert "Winnipeg" in " ".join(segment["text"] for segment in heard["segments"])
    assert all(word["start"] <= word["end"] for segment in heard["segments"] for word in segment["words"])

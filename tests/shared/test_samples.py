"""Real files of every format, as others publish them: what is in them is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.feeds import read_feed
from ingest.files import read_text
from ingest.formats import read
from playhead.errors import TranscriptError

pytestmark = pytest.mark.shared

EXPECTED = {
    "html-transcript/pc20-example.html": ("html_transcript", 10, 2492, {"Travis", "Sarah", "Gilon"}),
    "srt/pc20-example.srt": ("subrip", 10, 2492, {"Travis", "Sarah", "Gilon"}),
    "srt-nasty/missing_timeframe.srt": ("subrip", 1, 15, set()),
    "srt-nasty/missing_caption_text.srt": ("subrip", 1, 12, set()),
    "whisper-json/fasterwhisper-jfk-generated.json": ("whisper", 1, 22, set()),
    "whisperx/turnchunk-whisperx_diarized.json": ("whisper", 2, 22, {"SPEAKER_00", "SPEAKER_01"}),
    "deepgram/dg_speakers_no_utterances.json": ("deepgram", 10, 226, {"Speaker 0", "Speaker 1", "Speaker 2"}),
    "deepgram/dg_whisper_transcription.json": ("deepgram", 1, 59, set()),
    "assemblyai/assemblyai_transcription.json": ("assemblyai", 1, 60, {"Speaker A"}),
    "aws-transcribe/amazonTranscribe.sample.json": ("aws_transcribe", 1, 1791, set()),
    "google-stt/gcpSttSpeakerDiarization.sample.json": ("google_stt", 3, 1766, {"Speaker 1", "Speaker 2"}),
    "otter-txt/27-data-structures-and-algorithms.md": (
        "named_times",
        210,
        10341,
        {"Ali", "Kelly", "UKelly", "Unknown Speaker", "Emma"},
    ),
    "bitcoin-md/2020-01-28-pieter-wuille-part1.md": ("named_turns", 118, 7127, {"John", "Jonas", "Pieter"}),
    "speechmatics/speechmaticsTedTalkTranscript.sample.json": ("speechmatics", 11, 1791, {"F2", "F3", "F4"}),
    "ibm-stt/ibmTedTalkTranscript.sample.json": ("ibm_watson", 1, 1780, {"Speaker 1"}),
    "revai/turnchunk-rev.json": ("revai", 2, 3, {"Speaker 0", "Speaker 1"}),
    "pc20-json-transcript/pocketcasts-parse-flightcast-json-using-embedded-vtt.json": ("podcast_json", 1, 4, set()),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_published_transcript_has_its_turns_words_and_speakers(shared: Path, name: str):
    format_name, turns, words, speakers = EXPECTED[name]
    path = shared / "samples" / name
    reading = read(read_text(path), str(path))
    assert reading.transcript is not None
    assert reading.format == format_name
    assert len(reading.transcript.turns) == turns
    assert len(reading.transcript.text.split()) == words
    assert {turn.speaker for turn in reading.transcript.turns if turn.speaker} == speakers


def test_a_published_segmentation_without_words_says_what_to_save(shared: Path):
    path = shared / "samples" / "bbc-kaldi" / "bbcKaldiSpeakerSegments.sample.json"
    with pytest.raises(TranscriptError, match="only who speaks when; save the whole transcript of Kaldi"):
        read(read_text(path), str(path))


def test_every_published_json_transcript_is_read(shared: Path):
    for path in sorted((shared / "samples" / "pc20-json-transcript").glob("*.json")):
        assert read(read_text(path), str(path)).transcript


@pytest.mark.parametrize(
    ("name", "chapters"),
    [
        ("atomsimplechapter.xml", [4]),
        ("ignore_multiple_psc_chapters.xml", [4]),
        ("rss2.0simplechapter.xml", [4]),
        ("rss2.0simplechapter2items.xml", [2, 2]),
    ],
)
def test_the_chapters_in_a_published_feed_are_found(shared: Path, name: str, chapters: list[int]):
    feed = read_feed(read_text(shared / "samples" / "psc" / name))
    assert [len(item.chapters) for item in feed.items] == chapters


def test_a_published_feed_names_its_chapters(shared: Path):
    (item,) = read_feed(read_text(shared / "samples" / "rss-podcast-ns" / "episode_podcast_chapters.rss")).items
    assert item.chapters_at == "https://example.com/1/chapters.json"
    assert item.facts.audio_url == "http://example.org/example.mp3"

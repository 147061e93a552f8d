"""Every format against its own samples and their golden twins, and against text nobody meant to be read."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import Format, known, read, recognise
from ingest.reading import Reading
from playhead.errors import AmbiguousFormatError, TranscriptError, UnknownFormatError
from tests.pace import within

HERE = Path(__file__).parent
RENEW = "PLAYHEAD_TEST_RENEW_TWINS"
"""Set it to write the twins anew; then read the difference before committing it."""


def _samples() -> list[Path]:
    """Every file of a format's folder that is not another one's twin."""
    files = sorted(path for path in HERE.glob("*/*") if path.is_file() and "__pycache__" not in path.parts)
    return [path for path in files if path.suffix != ".json" or not path.with_suffix("").exists()]


def _twin(sample: Path) -> Path:
    return sample.with_name(f"{sample.name}.json")


def rendered(reading: Reading) -> dict[str, Any]:
    """A reading as a person compares it: places in the text as the words that stand there, no nulls."""
    transcript = reading.transcript

    def known_only(noun: Any) -> dict[str, Any]:
        fields = {name: value for name, value in asdict(noun).items() if value is not None}
        if "at" in fields and transcript:
            fields["at"] = transcript.text[fields["at"] :][:24]
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in fields.items()}

    return {
        "format": reading.format,
        "turns": [[turn.speaker, transcript.said(turn.span)] for turn in transcript.turns] if transcript else None,
        "stamps": [known_only(stamp) for stamp in transcript.stamps] if transcript else None,
        "breaks": [known_only(pause) for pause in transcript.breaks] if transcript else None,
        "chapters": [known_only(chapter) for chapter in reading.chapters],
        "facts": known_only(reading.facts),
        **({"feeds": list(reading.feeds)} if reading.feeds else {}),
        "problems": [known_only(problem) for problem in reading.problems],
    }


@pytest.mark.parametrize("sample", _samples(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_reads_as_its_golden_twin(sample: Path) -> None:
    reading = rendered(read(sample.read_text(encoding="utf-8"), sample.name))
    for problem in reading["problems"]:
        assert problem.pop("path") == sample.name
    twin = _twin(sample)
    if os.environ.get(RENEW):
        twin.write_text(json.dumps(reading, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    assert json.loads(json.dumps(reading, default=str)) == json.loads(twin.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sample", _samples(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_exactly_one_format_claims_a_sample_whatever_its_name(sample: Path) -> None:
    assert recognise(sample.read_text(encoding="utf-8"), "nameless").name == sample.parent.name


@pytest.mark.parametrize("sample", _samples(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_spans_of_a_transcript_tile_its_text(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8")
    transcript = read(text, sample.name).transcript
    if transcript is None:
        return
    assert "\n\n".join(transcript.said(turn.span) for turn in transcript.turns) == transcript.text
    for turn in transcript.turns:
        assert turn.raw is not None
        said = re.findall(r"[A-Za-z]{3,}", transcript.said(turn.span))
        assert all(word in text[slice(*turn.raw)] for word in (said[0], said[-1]))
    assert all(0 <= mark.at <= len(transcript.text) for mark in (*transcript.stamps, *transcript.breaks))
    lines = text.split("\n")
    for mark in (*transcript.stamps, *transcript.breaks):
        assert mark.line is not None
        assert {":", "\t"} & set(lines[mark.line - 1]), "a stamp's line is the line it is written in"


@pytest.mark.parametrize("chosen", known(), ids=lambda each: each.name)
def test_every_format_brings_a_sample_and_says_what_it_is(chosen: Format) -> None:
    assert any(path.parent.name == chosen.name for path in _samples())
    assert chosen.title
    assert all(suffix.startswith(".") and suffix == suffix.casefold() for suffix in chosen.suffixes)
    assert chosen.looks_like.__doc__, "what a format looks like is documented for whoever adds the next"


@pytest.mark.parametrize(
    "prose",
    [
        "Once upon a time there was a harbour. Nobody was named in it.",
        "# Notes\n\n* 04:15 the tide\n* 09:30 the bell\n",
        "Note: buy rope.\nNote: buy more rope.\n",
        '{"segments": [{"from": 0, "saying": "Hello"}]}',
        "1\n00:00:01:12 --> 00:00:02:00\nFrames are nobody's captions.\n",
        "[tool.harbour]\nname = 'rope'\n",
        "**Intro** 0:00\nWe say hello.\n\n**Ropes** 4:15\nWe list them.\n",
        "Intro (0:00)\nWe say hello.\n\nRopes (4:15)\nWe list them.\n",
        "Ropes at 4:15\nBells at 9:30\nTea at 10:01\n",
        "10:30 Doors open\n11:00 Ropes\n12:15 Tea\n",
        "00:00:00 Hello.\n00:00:05 Hello again.\nNobody timed this.\n00:00:09 Goodbye.\n",
        "Mara  9:30\nThe bell.\n\nMara  4:15\nThe tide.\n",
        "Name: Mara\nBoat: Gull\n\nName: Ojo\nBoat: Tern\n\nName: Quill\nBoat: Auk\n",
        "Question: How high is it?\n\nAnswer: High.\n\nQuestion: Why?\n\nAnswer: The moon.\n",
        "Warning: Mind the rope.\n\nWarning: Mind the tide.\n\nWarning: Mind the bell.\n\nHere: Sit.\n",
        "Rope soup\n\nStep 1: Cut it.\nStep 2: Boil it.\n\nRope salad\n\nStep 1: Wash it.\nStep 2: Chop it.\n",
        "Dear Mara,<br>thank you for the rope.<br>Yours, Ojo",
        "# Changes\n\n**Added:** rope handling.\n\n**Fixed:** the bell.\n\n**Added:** the tide.\n",
        "**Note**: mind the rope.\n\nThere is none.\n\n**Note**: mind the tide.\n",
        "## 1.1\n\n### Features\n\nA rope.\n\n### Bug Fixes\n\nNone.\n\n## 1.0\n\n### Features\n\nA bell.\n",
        "### Parameters\n\nA rope.\n\n### Returns\n\nA knot.\n\n### Parameters\n\nA bell?\n\n### Returns\n\nA sound.\n",
        "## Dawn\n\nWe rowed.\n\n## Dusk\n\nIt rained.\n\n## Dawn\n\nWe met.\n\n## Dusk\n\nWe slept.\n",
        "## Making\n\nTwist it. Dry it.\n\n## Using\n\nTie it.\n\n## Making\n\nTwist it again.\n",
        "# Soup\n\n## Herbs\n\nMint.\n\n## Work\n\nBoil.\n\n# Salad\n\n## Herbs\n\nDill.\n\n## Work\n\nChop.\n",
        "We met Mara: she rows.\nWe met Ojo: he swims.\nWe met Mara: she rows.\n",
    ],
)
def test_prose_is_never_guessed_to_be_a_transcript(prose: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"harbour\.txt: this is in no format that is known"):
        recognise(prose, "harbour.txt")


@pytest.mark.parametrize(
    "written",
    [
        "Intro 0:00\nRopes 4:15\nOutro 9:30\n",
        "Intro  0:00\nRopes  4:15\nOutro  9:30\n",
        "00:00:00 Intro\n00:00:30 Ropes\n00:01:00 Outro\n",
        "00:00 We say hello.\n04:15 We list the ropes.\n09:30 We say goodbye.\n",
    ],
)
def test_a_list_of_chapters_is_never_guessed_to_be_a_transcript(written: str) -> None:
    assert recognise(written, "harbour.txt").role == "chapters"


def test_lines_with_times_are_all_read_wherever_the_look_at_their_beginning_ends() -> None:
    lines = [f"00:{minute:02}:{second:02} The tide is in." for minute in range(5) for second in range(60)]
    for longer in range(len(lines[0]) + 1):
        text = "\n".join([f"00:00:00 A{'h' * longer}.", *lines])
        transcript = read(text, "nameless").transcript
        assert transcript is not None
        assert len(transcript.stamps) == len(lines) + 1, "what is said again is said again"


def test_names_are_seen_however_long_the_first_of_them_talks() -> None:
    for sentences in (1, 150, 300):
        text = f"Mara: {'The tide is in. ' * sentences}\n\nOjo: {'Already? ' * sentences}\n\nMara: Since noon.\n"
        assert recognise(text, "nameless").name == "named_turns"


@pytest.mark.parametrize("nothing", ["", "   \n\n\t", "\ufeff"])
def test_an_empty_file_is_said_to_be_empty(nothing: str) -> None:
    with pytest.raises(TranscriptError, match=r"ep1\.md: this file is empty"):
        read(nothing, "ep1.md")


def test_a_transcript_without_a_word_is_refused_by_name() -> None:
    with pytest.raises(TranscriptError, match=r"ep1\.md: there is not one spoken word in this changelog transcript"):
        read("**Mara:** \n\n**Ojo:** ...\n", "ep1.md")


def test_text_that_two_formats_claim_is_decided_by_its_suffix_or_refused_naming_both() -> None:
    text = "**Mara:** Hello.\nFeaturing\nTranscript\n**Ojo:** Hello.\n"
    assert recognise(text, "ep1.md").name == "changelog"
    assert recognise(text, "ep1.txt").name == "page"
    with pytest.raises(AmbiguousFormatError, match=r"this could be changelog and page; \.md or \.txt"):
        recognise(text, "ep1")


def test_an_error_inside_a_format_names_the_file_and_the_line() -> None:
    with pytest.raises(TranscriptError) as raised:
        read('{"chapters": [\n{"startTime": 1,}]}', "chapters.json")
    assert str(raised.value).startswith("chapters.json:2: this is not JSON")


# Hostile text

PIECES = st.sampled_from([
    "**", "*", "_", "Mara:", "**Mara:**", "**Break:**", "[", "]", "(", ")", "\\", "`", "```", "<v Mara>", "</v>", "<",
    ">>", "00:01.000 --> 00:02.000", "-->", "[04:15]", "\\[00:04:15.29\\]", "[x 1:02:03", "&amp;", "&#1114112;", "\n",
    "&#xD800;", "\n\n", "\r\n", " ", "\t", "1 | 00:00 | Intro | 00:10 |", "Transcript\n", "Chapters\n", "WEBVTT\n\n",
    "NOTE ", '{"chapters": [', '{"startTime": 1e999, "title": "x"},', "]}", "---\n", "title: x\n", "\x00", "\ue000",
    "[a](http://b/", '<a href="', '">', "\ud800", "é", "00:00:01,000 --> 00:00:02,000\n", "1\n", "{\\an8}",
    '<psc:chapters xmlns:psc="http://podlove.org/simple-chapters">', '<psc:chapter start="1" title="x"/>',
    "</psc:chapters>", "<a>", "<!--", "<?xml ?>", '{"segments": [', '{"transcription": [', '"speaker": "SPEAKER_00",',
    '{"startTime": 1, "body": "x",', '{"start": 1, "end": 2, "text": "x", "words": [', '"word": " x"', "}", ",", "null",
    "<rss><channel>", "<item>", "</item>", "</channel></rss>", "<title>x", "</title>",
    '{"results": {"channels": [{"alternatives": [{"words": [', '{"results": [{"alternatives": [{"words": [',
    '{"results": {"items": [', '{"word": "x", "start": 1, "startTime": {"seconds": []}, "speaker": []}', "]}]}]}}",
    '{"utterances": [', '{"text": "x", "start": 1e999, "speaker": 0}', '{"monologues": [{"elements": [', "[",
    '{"type": "punct", "value": " "}', '{"type": "punctuation", "alternatives": [{"content": "."}]}', '"words": [',
    '{"value": "x", "ts": -1}', '{"events": [', '{"tStartMs": 5, "segs": [{"utf8": "x"}, null]}', '"speaker_info": 1,',
    '[{"start_ms": 1, "voice": [], "text": "x"}', '{"transcripts": [', '"chapters": [null, {"start": 0}],', "}]}]}",
    '{"results": [{"alternatives": [{"content": "x"}], "start_time": -1, "channel": []},',
    '"speaker_labels": [{"from": {}}],',
    '{"type": "punctuation", "attaches_to": "next", "alternatives": [{"content": "("}]},',
    '"timestamps": [["x", 1], [],',
    '{"words": [{"punct": "x", "start": 1e999, "name": "x", "time": "0.1"},', '{"retval": {',
    '"segmentation": {',
    '"segments": [{"start": null, "speaker": {"@id": 5}},', '{"recognizedPhrases": [', '{"phrases": [{"text": "x",',
    '{"offsetInTicks": 1e30, "offset": "PT", "nBest": [{"display": "x y", "words": [{"word": "x"}]}]},',
    ";FFMETADATA1\n", "[CHAPTER]\n", "TIMEBASE=1/0\n", "START=-1\n", "END=9\n", "title=x\\\n", "CHAPTER001=0:01\n",
    "CHAPTER001NAME=x\n", "- (1:02) x\n", "x 9:59:59\n", '[{"start": "0:01", "title": "x"}',
    "Mara  0:01\n", "**Ojo** 1:75\n", "00:00:08 x\n", "[0:08] ", "Mara: ", "Ojo: 1:02\n", "\nMara (0:75): x",
    "## x 0:09\n", "## y\n", "Mara\n0:09\n", "1 hour 2 minutes\n", "0:1:2.5 --> 0:75\n", "Break: [0:01]\n", "潮野：",
    "<p>", "</p>", "<cite>Mara:</cite>", "<b>", "</b>", "<time>0:30</time>", "<time>1:75</time>", "<br>", "<pre>",
    "<div class=transcript>", "<span data-start=1e9>", "<span data-m='5'>x ", "<h2>Transcript</h2>", "(0:30)",
    "<h2>Chapters</h2>", "<li>0:30 x", "<table><tr><td>", "<td>0:30<td>x", "<!doctype html>", "<nav>",
    "<a href='#t=5,'>", "Mara", "\ue001", '<script type="application/ld+json">', "</script>",
    '{"@type": "PodcastEpisode", "duration": "PT1H", "hasPart": [{"startOffset": 1e999, "name": "x"}]}',
])  # fmt: skip


@pytest.mark.parametrize("chosen", known(), ids=lambda each: each.name)
@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=60).map("".join)))
def test_no_text_makes_a_format_raise_anything_but_a_transcript_error(chosen: Format, text: str) -> None:
    chosen.looks_like(text)
    try:
        reading = chosen.parse(text)
    except TranscriptError:
        return
    if reading.transcript is not None:
        transcript = reading.transcript
        transcript.text.encode("utf-8")
        assert "\n\n".join(transcript.said(turn.span) for turn in transcript.turns) == transcript.text
        assert all(0 <= mark.at <= len(transcript.text) for mark in (*transcript.stamps, *transcript.breaks))
    assert [chapter.start for chapter in reading.chapters if chapter.start is None] == []


@pytest.mark.parametrize(
    "line",
    [
        "see [this](http://x.example/[12:30]) ok",
        'see [x](http://y.example "at [12:30]") ok',
        '<a href="[12:30]">see</a> ok',
    ],
)
def test_a_time_inside_a_link_or_a_tag_is_taken_like_any_other(line: str) -> None:
    transcript = read(f"**Mara:** {line}\n\n**Ojo:** Yes.\n", "ep1.md").transcript
    assert transcript is not None
    assert [stamp.seconds for stamp in transcript.stamps] == [750.0]
    assert "12:30" not in transcript.text


HOSTILE = [
    "[", "*", "**", "**a:", "**a:** ", "*a ", "a* ", "_", "`", "`a", "\\", "\\[", "[a](", "[![a](b)", "(", "a:", ":",
    ">", "> ", "<", "<v ", "<v a>", "<i", "</v>", "&", "&amp;", "1:", "[1:1", "[ 00:00:", "-->", "00:00.000 --> ", "|",
    "1 | ", "- ", "#", "~~", "---\n", "a:\n", "**a:**\n\n", "[00:01]", "\n", "{", '{"chapters":[', "[" * 50 + "]" * 50,
    " ", "\t", "é", "-" * 240_000 + "x", " " * 240_000 + "x", "[" + "a" * 240_000, "1" * 240_000, "a" * 240_000 + ":",
    "00:00:00,0 --> 00:00:01,0\n", "00:00:00,0 --> 0", "1\n", "{\\", "<font ", "<a>", "<a b:c='d'>", "<!--", "<?",
    "<!DOCTYPE a [", "\\\"",
    '{"a":', '"a":[', '"\\"',
]  # fmt: skip


OPENINGS = {
    "changelog": "**Mara:** ",
    "page": "Transcript\n",
    "html_transcript": "<cite>Mara:</cite><time>0:30</time><p>",
    "webvtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n",
    "podlove": "<psc:chapters>",
    "podcast_json": '{"segments": [',
    "rss": "<rss><channel><item><title>x</title></item>",
    "opml": "<opml><body><outline xmlUrl='https://harbour.example.org/feed'/>",
    "whisper": '{"segments": [',
    "subrip": "1\n00:00:00,000 --> 00:00:01,000\n",
    "assemblyai": '{"words": [',
    "aws_transcribe": '{"results": {"items": [',
    "deepgram": '{"results": {"channels": [',
    "google_stt": '{"results": [',
    "podlove_transcript": '{"transcripts": [',
    "speechmatics": '{"results": [{"alternatives": [{"content": "x"}]},',
    "ibm_watson": '{"results": [{"alternatives": [{"timestamps": [',
    "bbc_kaldi": '{"words": [{"punct": "x"},',
    "azure_speech": '{"recognizedPhrases": [',
    "timed_lines": "00:00:01 x\n",
    "named_times": "Mara  0:01\n",
    "named_turns": "Mara: x\nMara: ",
    "stacked_times": "Mara\n0:01\nx\n",
    "revai": '{"monologues": [',
    "youtube_json3": '{"events": [',
    "ffmetadata": ";FFMETADATA1\n[CHAPTER]\n",
    "vorbis": "CHAPTER001=0:01\n",
    "chapter_list": "0:00 a\n1:01 b\n2:02 c\n",
    "notes": "* 0:00 a\n* 1:01 b\n* 2:02 c\n",
    "podlove_json": '[{"start": 0, "title": "',
}


@pytest.mark.parametrize("chosen", known(), ids=lambda each: each.name)
@pytest.mark.parametrize("piece", HOSTILE, ids=lambda piece: repr(piece[:20]))
def test_a_quarter_of_a_megabyte_of_anything_takes_no_format_two_seconds(chosen: Format, piece: str) -> None:
    text = OPENINGS.get(chosen.name, "") + piece * (250_000 // len(piece))
    with within(2):
        chosen.looks_like(text)
        with suppress(TranscriptError):
            chosen.parse(text)

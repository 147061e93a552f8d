"""Front matter: where it ends, what its keys mean, and what hostile YAML and JSON do to it: nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.folders import find
from ingest.formats import read, recognise
from ingest.front_matter import LONGEST, find_matter, read_matter
from ingest.preparing import prepare
from ingest.reading import Reading
from ingest.sources import Source
from playhead.errors import TranscriptError, UnknownFormatError
from playhead.model import Chapter, Edition, Person
from tests.pace import within

TURNS = "**Mara:** The tide is in. \\[0:09\\] Hear it?\n\n**Ojo:** Already?\n"


def stated(text: str) -> Reading:
    matter = find_matter(text)
    assert matter is not None
    return read_matter(matter)


def yaml(block: str) -> Reading:
    return stated(f"---\ntitle: Tides\n{block}\n---\n{TURNS}")


@pytest.mark.parametrize(
    "matter", ["---\ntitle: Tides\n---\n", "---\r\ntitle: Tides\r\n...\r\n", '\ufeff{"title":\n "Tides"}\n\n']
)
def test_front_matter_comes_off_and_no_line_or_span_moves(matter: str) -> None:
    bare = read(TURNS, "ep1.md").transcript
    text = matter + TURNS
    reading = read(text, "ep1.md")
    assert (reading.format, reading.facts.title, reading.problems) == ("changelog", "Tides", ())
    assert bare is not None
    assert reading.transcript is not None
    assert reading.transcript.text == bare.text
    for turn, alone in zip(reading.transcript.turns, bare.turns, strict=True):
        assert turn.raw is not None
        assert alone.raw is not None
        assert text[slice(*turn.raw)] == TURNS[slice(*alone.raw)]
    (stamp,) = reading.transcript.stamps
    assert stamp.line is not None
    assert "[0:09" in text.split("\n")[stamp.line - 1]


def test_every_format_of_text_is_read_below_front_matter() -> None:
    bodies = {
        "named_times": "Mara  0:01\nThe tide.\n\nOjo  0:04\nAlready?\n",
        "timed_lines": "00:01 The tide.\n00:04 Already?\n00:09 Since noon.\n",
        "subrip": "1\n00:00:01,000 --> 00:00:02,000\nThe tide.\n",
        "webvtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nThe tide.\n",
        "named_turns": "Mara: The tide.\n\nOjo: Already?\n\nMara: Since noon.\n",
    }
    for name, body in bodies.items():
        for matter in ("---\ntitle: Tides\n---\n", '{"title": "Tides"}\n'):
            reading = read(matter + body, "ep1")
            assert (reading.format, reading.facts.title) == (name, "Tides")


def test_front_matter_longer_than_the_look_at_a_file_hides_nothing() -> None:
    reading = read(f"---\ntitle: Tides\nnote: {'x' * 9000}\n---\n{TURNS}", "ep1.md")
    assert (reading.format, reading.facts.title) == ("changelog", "Tides")


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nWe met Mara.\n\n---\n",
        "---\nMara: Ahoy.\n---\n",
        '{"title": "Tides"}',
        '{"title": "Tides"}\n{"title": "Bells"}\n',
        '{"segments": []}\nx',
        '{"title": ',
        "--- title: x ---\n",
        "title: x\n---\n",
    ],
)
def test_a_rule_above_a_text_and_a_file_of_json_are_no_front_matter(text: str) -> None:
    assert find_matter(text) is None


def test_front_matter_that_never_ends_says_what_to_write() -> None:
    for text in (f"---\ntitle: Tides\n{TURNS}", f"---\ntitle: {'x' * LONGEST}\n---\n{TURNS}"):
        with pytest.raises(TranscriptError, match=r"ep1\.md:1: front matter begins here and never ends; write ---"):
            read(text, "ep1.md")


@pytest.mark.parametrize(
    ("block", "fact", "value"),
    [
        ("show: Harbour Talk", "podcast_title", "Harbour Talk"),
        ("Show-Name: 99", "podcast_title", "99"),
        ("date: 2024-10-02", "published", date(2024, 10, 2)),
        ("date: '2024-10-02 23:30:00 -0700'", "published", date(2024, 10, 2)),
        ("pubDate: Wed, 02 Oct 2024 10:00:00 GMT", "published", date(2024, 10, 2)),
        ("date: 2 Oct 2024", "published", date(2024, 10, 2)),
        ("date: 1727863200", "published", date(2024, 10, 2)),
        ("summary: >\n  How a tide\n  is told.", "description", "How a tide is told."),
        ("link: https://example.org/1", "page_url", "https://example.org/1"),
        ("url: https://example.org/1", "page_url", "https://example.org/1"),
        ("url: https://example.org/1.mp3?x=1", "audio_url", "https://example.org/1.mp3?x=1"),
        ("media: https://youtu.be/x", "audio_url", "https://youtu.be/x"),
        ("enclosure: [{url: https://example.org/1.ogg, length: 5}]", "audio_url", "https://example.org/1.ogg"),
        ("duration: 1:02:03", "duration", 3723.0),
        ("itunes:duration: 62", "duration", 62.0),
        ("podcast_duration: PT1H2M3S", "duration", 3723.0),
        ("lang: no", "language", "no"),
        ("offset: -0:31", "offset", -31.0),
        ("host: Quill, Mara", "people", (Person("Quill, Mara", "host", None, "front matter"),)),
        ("speaker: [Mara, ~, {role: cook}]", "people", (Person("Mara", None, None, "front matter"),)),
        (
            "people:\n  - {name: Ojo, role: sound, link: https://example.org/ojo, shoe: 43}\nhosts: [Ojo]",
            "people",
            (Person("Ojo", "host", None, "front matter"),),
        ),
        (
            "editions: [{name: video, url: https://youtu.be/x, offset: 5}]",
            "editions",
            (Edition("video", "https://youtu.be/x", 5.0),),
        ),
    ],
)
def test_what_sites_call_a_fact_means_what_a_sheet_calls_it(block: str, fact: str, value: object) -> None:
    reading = yaml(block)
    assert reading.problems == ()
    assert getattr(reading.facts, fact) == value


@pytest.mark.parametrize(
    ("block", "line", "message"),
    [
        ("date: soon", 3, "published is not a day: soon"),
        ("duration: 1:75", 3, "duration is no time: 1:75"),
        ("duration: .nan", 3, "duration is no time: .nan"),
        ("duration: 99999999999", 3, "duration is no time: 99999999999"),
        ("audio: /1.mp3", 3, "audio_url is not a web address: /1.mp3"),
        ("audio: javascript:alert(1)", 3, "audio_url is not a web address: javascript:alert(1)"),
        ("description: [a]", 3, "description is not a text"),
        ("x: 1\n\ttitle: y", 4, "from here on this is not YAML: found a tab character that violates indentation"),
        ("title: Bells", 3, "title is stated twice, and the first counts"),
        ("lang: *x", 3, "*x is not followed; write out what it stands for"),
        ("lang: " + "[" * 500, 3, "from here on this is not YAML: more than 16 deep"),
        ("? [a]\n: b", 3, "this key is no text"),
        ("chapters: [{title: x}]", 3, "chapter 1 has no start or no title that can be used"),
        ("edition: [{name: video}]", 3, "url of edition 1 is missing"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line_and_takes_nothing_else_away(
    block: str, line: int, message: str
) -> None:
    reading = yaml(block)
    assert [(problem.line, problem.message) for problem in reading.problems] == [(line, message)]
    assert reading.facts.title == "Tides"
    assert read(f"---\ntitle: Tides\n{block}\n---\n{TURNS}", "ep1.md").transcript


def test_nothing_that_yaml_could_build_is_built() -> None:
    reading = yaml('lang: !!python/object/apply:os.getcwd []\nsummary: !!timestamp 2024-10-02\na: &a ["x", "x"]')
    assert (reading.facts.language, reading.facts.description) == (None, "2024-10-02")


@pytest.mark.parametrize(
    "chapters",
    [
        '\n  "0:00": Hello\n  "1:02": Tide\n',
        ' ["0:00 Hello", "1:02 - Tide"]',
        " |\n  0:00 Hello\n  [1:02] Tide\n",
        " [{start: 62, title: Tide}, {startTime: 0, name: Hello}]",
        "\n  version: 1.2.0\n  chapters: [{startTime: 0, title: Hello}, {startTime: 62, title: Tide}]",
    ],
)
def test_chapters_are_found_however_they_are_written(chapters: str) -> None:
    reading = yaml(f"podcast_chapters:{chapters}")
    assert reading.problems == ()
    assert reading.chapters == (
        Chapter(1, "Hello", 0.0, 62.0, source="front matter"),
        Chapter(2, "Tide", 62.0, source="front matter"),
    )


@pytest.mark.parametrize("pointer", ["https://example.org/c.json", "{url: https://example.org/c.json, type: x}", "3"])
def test_the_address_of_a_file_of_chapters_is_no_chapter(pointer: str) -> None:
    assert yaml(f"chapters: {pointer}").chapters == ()


@pytest.mark.parametrize(
    "block",
    [
        "a: &a [x, x]\n" + "".join(f"{name}: &{name} [*a, *a, *a, *a]\n" for name in "bcdefghij"),
        "{" * 100_000,
        "- " * 100_000,
        "k: v\n" * 40_000,
        "a: b: c\n" * 20_000,
        "".join(f"{' ' * depth}a:\n" for depth in range(600)),
        'x: "' + "\\u00" * 50_000,
        ": " * 100_000,
        "\x00\ud800" * 60_000,
        "# " * 100_000,
    ],
    ids=lambda block: repr(block[:12]),
)
def test_a_quarter_of_a_megabyte_of_front_matter_takes_no_second(block: str) -> None:
    with within(1):
        reading = yaml(block)
    assert reading.facts.title == "Tides"


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_no_value_of_json_is_more_than_a_problem(value: object) -> None:
    keys = (
        "podcast",
        "date",
        "url",
        "audio",
        "duration",
        "hosts",
        "people",
        "offset",
        "edition",
        "chapters",
        "summary",
    )
    for written in (value, {"url": value, "name": value}, [{"title": value, "start": value, "url": value}]):
        reading = stated(json.dumps({"title": "Tides", **dict.fromkeys(keys, written)}) + "\n\nx")
        assert reading.facts.title == "Tides"


def test_front_matter_alone_is_known_by_the_sound_or_the_chapters_it_names_and_other_pages_are_not() -> None:
    notes = "\n\nWe met a [crab](https://example.org/crab).\n"
    assert (
        recognise(f"---\ntitle: Tides\naudio: https://example.org/1.mp3\n---{notes}", "ep1.md").name == "front_matter"
    )
    assert recognise(f"---\ntitle: Tides\nchapters: [0:00 Hello]\n---{notes}", "ep1.md").role == "notes"
    with pytest.raises(UnknownFormatError):
        recognise(f"---\ntitle: How to tie a knot\ndate: 2024-10-02\n---{notes}", "ep1.md")


def test_front_matter_names_the_show_and_a_sheet_goes_before_it(tmp_path: Path) -> None:
    (tmp_path / "ep1.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nThe tide.\n")
    (tmp_path / "ep1.md").write_text(
        "---\nshow: Harbour Talk\ntitle: Tides\nlang: en\n"
        "audio: https://example.org/1.mp3\nchapters: ['0:00 Hello']\n---\n"
    )
    (tmp_path / "ep2.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nA bell.\n")
    first = next(iter(find([tmp_path])))
    assert isinstance(first, Source)
    assert first.episode_id == "harbour-talk/ep1"
    episode = prepare(first).episode
    assert (episode.podcast_title, episode.title, episode.language) == ("Harbour Talk", "Tides", "en")
    assert [chapter.source for chapter in episode.chapters] == ["front matter"]

    (tmp_path / "ep1.episode.toml").write_text('podcast = "Quay Talk"\ntitle = "Bells"\n')
    again = next(iter(find([tmp_path])))
    assert isinstance(again, Source)
    assert again.episode_id == "quay-talk/ep1"
    episode = prepare(again).episode
    assert (episode.title, episode.language) == ("Bells", "en")


@pytest.mark.parametrize(
    "piece",
    [
        "---\n",
        "a ",
        "a:",
        "a: \n",
        " ",
        '"',
        "{",
        '{"a":',
        '{"title": "x"}\n',
        "...",
        "\n",
        "- ",
        "title: x\n",
        "\r",
        "é",
    ],
)
def test_looking_for_front_matter_takes_no_time(piece: str) -> None:
    for opening in ("", "---\n", "---\ntitle", "{", '{"title": "'):
        text = opening + piece * (1_000_000 // len(piece))
        with within(1), suppress(TranscriptError):
            matter = find_matter(text)
            if matter:
                read_matter(matter)


def test_toml_between_pluses_states_what_yaml_does():
    text = (
        '+++\ntitle = "The lock"\ndate = 2024-01-02T10:00:00Z\npodcast_duration = 01:02:03\nguests = ["Ojo Tern"]\n'
        'media = "nowhere"\nchapters = [{start = "0:00", title = "Hello"}, {start = 121, title = "The lock"}]\n'
        "[extra]\nweight = 3\n+++\n\n" + TURNS
    )
    reading = read(text, "a.md")
    assert (reading.facts.title, reading.facts.published, reading.facts.duration) == (
        "The lock",
        date(2024, 1, 2),
        3723,
    )
    assert reading.facts.people == (Person("Ojo Tern", "guest", source="front matter"),)
    assert [(chapter.start, chapter.title) for chapter in reading.chapters] == [(0, "Hello"), (121, "The lock")]
    assert [problem.line for problem in reading.problems] == [6]
    assert reading.transcript
    assert [turn.speaker for turn in reading.transcript.turns] == ["Mara", "Ojo"]
    assert reading.transcript.stamps[0].line == 12


def test_a_mistake_in_toml_is_reported_with_its_line_and_takes_no_word_away():
    reading = read('+++\ntitle = "The lock"\ndate = soon\n+++\n' + TURNS, "a.md")
    assert [(problem.line, problem.message) for problem in reading.problems] == [
        (3, "this front matter is not TOML: Invalid value")
    ]
    assert reading.transcript
    assert reading.transcript.text.startswith("The tide is in.")


def test_toml_that_never_ends_says_what_to_write():
    with pytest.raises(TranscriptError, match=r"a\.md:1: front matter begins here .* write \+\+\+ on a line"):
        read('+++\ntitle = "The lock"\n' + TURNS, "a.md")

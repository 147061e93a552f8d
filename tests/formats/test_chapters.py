"""Chapters in every dress: what goes out comes back, what is typed is read, and prose stays prose."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.chapters import chapter_list, ffmetadata, json_chapters, podlove, podlove_json, vorbis
from ingest.formats import recognise
from ingest.listed_chapters import chapters_in, is_spoken, lines_of, timed_lines
from ingest.reading import Problem, Reading
from ingest.values import one_line
from playhead import exports
from playhead.errors import TranscriptError
from playhead.model import Chapter, Episode
from playhead.rendering import chapters_as_dict
from tests.pace import within

Told = list[tuple[str, float | None, float | None]]


def told(reading: Reading) -> Told:
    return [(chapter.title, chapter.start, chapter.end) for chapter in reading.chapters]


def listed(text: str) -> list[tuple[float, str]]:
    return [(line.seconds, line.title) for line in timed_lines(lines_of(text))]


# What goes out comes back.

TITLES = (
    st.text(min_size=1, max_size=40).map(one_line).filter(lambda title: title is not None and one_line(title) == title)
)
STARTS = st.lists(st.integers(0, 20_000_000), min_size=1, max_size=12, unique=True).map(sorted)
WORDS = st.lists(
    st.sampled_from(["tide", "Ebb", "3.14", "C++", "naïve", "潮", "a=b;c", "#1", "don’t", "(x)", "и"]), max_size=6
)


@st.composite
def episodes(draw: st.DrawFn) -> Episode:
    """An episode with chapters, each ending where the next begins."""
    starts, last = [each / 1000 for each in draw(STARTS)], 20_002.5
    titles = draw(st.lists(TITLES, min_size=len(starts), max_size=len(starts)))
    ends = [*starts[1:], last]
    chapters = tuple(
        Chapter(number, title, start, end)
        for number, (title, start, end) in enumerate(zip(titles, starts, ends, strict=True), 1)
    )
    return Episode("tides/one", "tides", "Tides", "One; \\ = #two", duration=last, chapters=chapters)


@given(episodes())
def test_chapters_that_went_out_come_back_in_every_form(episode: Episode) -> None:
    went = [(chapter.title, chapter.start, chapter.end) for chapter in episode.chapters]

    back = json_chapters.parse(exports.json_chapters(episode))
    assert (told(back), back.problems) == (went, ())
    back = ffmetadata.parse(exports.ffmetadata(episode))
    assert (told(back), back.problems) == (went, ())
    assert back.facts.title == episode.title
    back = podlove.parse(exports.podlove(episode))
    assert [each[:2] for each in told(back)] == [each[:2] for each in went]
    assert back.problems == ()


@given(st.lists(st.integers(10, 3000), min_size=2, max_size=12), st.data())
def test_lines_for_a_video_come_back(gaps: list[int], data: st.DataObject) -> None:
    starts = [0.0]
    for gap in gaps:
        starts.append(starts[-1] + gap)
    titles = [f"Part {' '.join([*data.draw(WORDS), str(number)])}" for number in range(len(starts))]
    chapters = tuple(Chapter(0, title, start) for title, start in zip(titles, starts, strict=True))
    written = exports.youtube(Episode("tides/one", "tides", "Tides", "One", chapters=chapters))

    assert recognise(written, "nameless").name == "chapter_list"
    back = chapter_list.parse(written)
    assert [(chapter.title, chapter.start) for chapter in back.chapters] == list(zip(titles, starts, strict=True))
    assert back.problems == ()


@given(st.text(max_size=40), st.integers(1, 10**12), st.integers(1, 10**12), st.integers(0, 10**9))
def test_any_time_base_gives_the_same_second(title: str, above: int, below: int, start: int) -> None:
    title = one_line(title) or "x"
    assume(one_line(title) == title)
    assume(start * above / below <= 600_000)
    escaped = "".join(f"\\{each}" if each in "=;#\\" else each for each in title)

    reading = ffmetadata.parse(f"[CHAPTER]\nTIMEBASE={above}/{below}\nSTART={start}\ntitle={escaped}\n")

    assert told(reading) == [(title, pytest.approx(start * above / below), None)]


# FFmpeg's metadata.


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("header", ["", ";FFMETADATA1"])
def test_metadata_is_read_with_any_ending_of_lines_and_without_its_header(ending: str, mark: str, header: str) -> None:
    lines = [header, "[CHAPTER]", "START=1500000000", "END=1", "title=Ebb\\", "flow", "[CHAPTER]", "TIMEBASE=1/50"]
    text = mark + ending.join([*lines, "START=100", "title=Slack \\= water", ""])

    assert recognise(text, "nameless").name == "ffmetadata"
    reading = ffmetadata.parse(text)
    assert told(reading) == [("Ebb flow", 1.5, 2.0), ("Slack = water", 2.0, None)]
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (ffmetadata.parse, ";FFMETADATA1\ntitle=The tide\n"),
        (vorbis.parse, "TITLE=The tide\n"),
        (podlove_json.parse, "[]"),
        (podlove_json.parse, '{"start": 0}'),
        (podlove.parse, "<chapters/>"),
        (chapter_list.parse, "0:00 The tide\n"),
    ],
)
def test_a_file_without_a_chapter_is_refused(parse: object, text: str) -> None:
    with pytest.raises(TranscriptError):
        parse(text)  # type: ignore[operator]


@pytest.mark.parametrize(
    "start", ["-1", "1e999", "NaN", '""', "null", "true", "[]", "{}", '"soon"', "1" * 400, '"99:99:99"', "700000000"]
)
def test_a_time_that_is_none_is_a_problem_with_its_line(start: str) -> None:
    first, second = f'{{"title": "Tide",\n "startTime": {start}}}', '{"startTime": 5, "title": "Ebb"}'
    text = f'{{"version": "1.2.0", "chapters": [\n{first},\n{second}]}}'

    reading = json_chapters.parse(text)

    assert told(reading) == [("Ebb", 5.0, None)]
    assert [(problem.message, problem.line) for problem in reading.problems] == [
        ("chapter 1 has no start or no title that can be used", 3)
    ]


def test_hidden_chapters_with_nulls_and_entities_are_read_as_published() -> None:
    text = """{"version": "1.1.0", "chapters": [
      {"startTime": 60, "title": "Rust &amp; C", "img": null, "url": null, "toc": null, "endTime": null},
      {"startTime": 30.5, "toc": false, "img": "https://tide.example.org/cover.jpg"},
      {"startTime": "0:12", "title": "Ebb", "toc": true, "endTime": 40},
      {"startTime": 0, "title": "Hidden", "toc": false}]}"""

    reading = json_chapters.parse(text)

    assert told(reading) == [("Ebb", 12.0, 40.0), ("Rust & C", 60.0, None)]
    assert reading.problems == ()


@pytest.mark.parametrize(
    "text",
    [
        '[{"startTime": 0, "title": "Ebb"}, {"startTime": "1:00", "title": "Flow"}]',
        '{"chapters": [{"id": 0, "time_base": "1/1000", "start": 0, "start_time": "0.000000", "end": 60000, '
        '"end_time": "60.000000", "tags": {"title": "Ebb"}}, {"start_time": "60.000000", "tags": {"title": "Flow"}}]}',
        '{"chapters": [{"startTime": 0, "title": "Ebb", "tags": 5}, {"startTime": 60, "title": "Flow", "toc": "true"},'
        '{"startTime": 70, "title": "Art", "toc": "False"}, {"startTime": 80, "title": "Art", "toc": 0}]}',
    ],
)
def test_json_that_is_nearly_the_format_is_read(text: str) -> None:
    assert recognise(text, "nameless").name == "json_chapters"
    reading = json_chapters.parse(text)
    assert told(reading) == [("Ebb", 0.0, 60.0), ("Flow", 60.0, None)]
    assert reading.problems == ()


def test_chapters_as_playhead_writes_them_are_read_back() -> None:
    written = [Chapter(1, "Ebb", 0.0, 59.5, "content", None, "youtube"), Chapter(2, "Flow", 59.5, 90.0)]

    reading = json_chapters.parse(json.dumps(chapters_as_dict(written)))

    assert told(reading) == [("Ebb", 0.0, 59.5), ("Flow", 59.5, 90.0)]
    assert reading.problems == ()


def test_chapters_of_ffprobe_are_not_read_by_what_is_counted_in_its_time_base() -> None:
    reading = json_chapters.parse('{"chapters": [{"time_base": "1/1000", "start": 60000, "tags": {"title": "Flow"}}]}')
    assert reading.chapters == ()


def test_a_description_in_json_keeps_its_lines() -> None:
    reading = json_chapters.parse('{"description": "Tides\\n0:00 Ebb\\n1:00 Flow", "chapters": []}')
    assert reading.facts.description == "Tides\n0:00 Ebb\n1:00 Flow"


# Lists that somebody typed.

THREE = [(0.0, "Toast first"), (121.0, "The lock"), (3723.0, "Outro")]


@pytest.mark.parametrize(
    "shape",
    [
        "{time} {title}", "{time} - {title}", "{time} – {title}", "{time}: {title}", "{time} | {title}",
        "({time}) {title}",
        "[{time}] {title}", "[{time}] - {title}", "• {time} {title}", "- {time} {title}", "* {time} – {title}",
        "1. {time} {title}", "► ({time}) {title}", "{time}\t{title}", "**{time}** {title}",
        "* **[{time}](#t={time})** {title}",
        "[{time}](https://video.example.org/?t=9) {title}", "{time} - 2:00:00 {title}",
        "<li>{time} &#8211; {title}</li>",
        "{time} &nbsp;{title}<br>", "{title} {time}", "{title} - {time}", "{title} | {time}", "{title}: {time}",
        "{title} ({time}).",
        "{title} ({time})", "{title} [{time}]", "* {title} .... {time}", "2) {title} – {time}", "{title} @ {time}",
        "  {time}  {title}  ", "{time}. {title}", "> {time} {title}", "0{time} {title}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n"])
def test_a_list_is_read_in_every_shape_people_type(shape: str, ending: str) -> None:
    times = ("0:00", "2:01", "1:02:03")
    text = ending.join(shape.format(time=time, title=title) for time, (_, title) in zip(times, THREE, strict=True))

    assert listed(text) == THREE
    assert listed(f"We talk of locks.\n\n{text}\n\nSee you at 9:15!") == THREE


@pytest.mark.parametrize(
    "prose",
    [
        "At 12:30 she left, and at 12:45 he came. It was 13:01 when they met.",
        "The train leaves at 9:15\nDoors open at 10:02\nWe finish by 11:31",
        "10:30 Doors open\n11:00 The tide\n12:15 Lunch\n13:45 The bell",
        "9:01 am Doors open\n10:02 am The tide\n11:03 am Lunch",
        "9:01 Uhr Einlass\n10:02 Uhr Ebbe\n11:03 Uhr Flut",
        "1:01 is when it began\n2:02 and then it went\n3:03 was the end",
        "0:00 Intro\n4:15 The tide",
        "0:00 Intro\n0:00 The tide\n0:00 Outro",
        "9:30 Outro\n4:15 The tide\n0:00 Intro",
        "Ada: 0:01\nBo: 0:05\nAda: 0:09",
        "Ada 0:01\nBo 0:05\nAda 0:09\nBo 0:12\nAda 0:15",
        "00:00:01,000 --> 00:00:02,000\n00:00:03,000 --> 00:00:04,000\n00:00:05,000 --> 00:00:06,000",
        "1:75 Tide\n2:99 Ebb\n3:61 Flow",
        "0:00\n1:00\n2:00",
        "0:00 -\n1:00 -\n2:00 -",
        "John 3:16\nMark 1:1\nLuke 2:3",
        f"0:00 {'word ' * 40}\n1:00 {'word ' * 40}\n2:00 {'word ' * 40}",
    ],
)
def test_times_in_prose_are_no_chapters(prose: str) -> None:
    assert listed(prose) == []


def test_a_list_in_the_wrong_order_is_sorted_and_what_starts_twice_is_a_problem() -> None:
    problems: list[Problem] = []
    lines = timed_lines("0:00 a\n1:00 b\n3:00 d\n2:00 c\n4:00 e\n4:00 f\n5:00 g".split("\n"))

    chapters = chapters_in(lines, problems, "description")

    assert [chapter.title for chapter in chapters] == list("abcdeg")
    assert [(problem.message, problem.line) for problem in problems] == [
        ('chapter 6 "f" starts at the same second as another', 6)
    ]


def test_a_list_that_stands_there_twice_counts_once() -> None:
    text = "0:00 Toast first\n2:01 The lock\n1:02:03 Outro\n"
    assert listed(f"{text}\nAnd again:\n\n{text}") == THREE


def test_times_in_other_scripts_and_directions_are_read() -> None:
    assert listed("\u200f0:00\u200f مقدمة\n\u202b1:00 - الحبال\u202c\n2:00 نهاية")[1] == (60.0, "الحبال")
    assert listed("⏱️ 0：00 序\n⏱️ 1：00 縄\n⏱️ 1：02：03 終")[2] == (3723.0, "終")
    assert listed("0:00 مقدمة\n1:00 الحبال\n2:00 نهاية") == [(0.0, "مقدمة"), (60.0, "الحبال"), (120.0, "نهاية")]
    assert listed("0:00 序\n1:00 縄\n2:00 終") == [(0.0, "序"), (60.0, "縄"), (120.0, "終")]


def test_speech_with_times_is_told_from_chapters() -> None:
    assert is_spoken(timed_lines(["0:00 It is in.", "0:08 Hear it?", "0:31 The bell says when."]))
    assert not is_spoken(timed_lines(["0:00 It is in.", "4:08 Hear it?", "9:31 The bell says when."]))
    assert not is_spoken(timed_lines(["0:00 Intro", "0:08 Tide", "0:31 Bell"]))
    assert is_spoken(timed_lines(["0:00 so far", "0:05 the tide", "0:09 came in"]))
    assert not is_spoken(timed_lines(["0:00 News: Tide", "4:08 News: Bell", "8:00 Guest: Mara", "9:31 Guest: Ojo"]))
    assert not is_spoken(
        timed_lines(["0:00 Part 1: Tide", "4:08 Part 2: Bell", "8:00 Part 1: Rope", "9:31 Part 2: Tea"])
    )


def test_a_hundred_thousand_lines_take_seconds() -> None:
    text = "\n".join(
        f"{number // 3600}:{number // 60 % 60:02}:{number % 60:02} Part {number}" for number in range(100_000)
    )
    with within(20):
        assert len(chapter_list.parse(text).chapters) == 100_000

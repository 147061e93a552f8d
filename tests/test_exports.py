"""What goes out comes back in: our own readers find the same words, people, times and chapters."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import accumulate, groupby
from xml.etree import ElementTree

import pytest
import webvtt as webvtt_py
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ingest.chapters import chapter_list, ffmetadata, json_chapters, podlove, webvtt_chapters
from ingest.formats import named_turns, playhead_json, playhead_markdown, recognise, subrip, webvtt
from ingest.reading import Reading
from playhead import exports
from playhead.errors import InvalidQueryError
from playhead.model import Chapter, Episode, Sentence, Time, Transcript, Turn
from playhead.text import clean
from playhead.timestamps import parse
from tests.archive import LOCKS, NIGHT, Recorded, demo_archive

EPISODE = LOCKS[0]
TITLES = st.text(max_size=60).map(clean).filter(str.strip)

# What a file could take for markup, for a time, for a name or for its own end.
HOSTILE = st.sampled_from(
    (
        "&amp; <b> </v> <v.x> --> -- NOTE WEBVTT [12:30] (0:10) 12:30 **Bo:** **Bo**&[0:01](/episodes/a/b?t=1) --- # "
        '1. - > ~~~ `x` Bo: \\ =;# [CHAPTER] { " ]]> 東京 مرحبا e\u0301 \U0001f600 a|b _x_ * &lt;i&gt; &#65;'
    ).split()
)
WORDS = st.lists(HOSTILE | st.text(min_size=1, max_size=12), min_size=1, max_size=6).map(" ".join)
SAID = WORDS.map(lambda words: " ".join(clean(words).split())).filter(lambda words: any(map(str.isalnum, words)))
PLAIN = st.lists(
    st.sampled_from("the tide is late again because nobody looked at it".split()), min_size=4, max_size=9
).map(lambda words: f"{' '.join(words).capitalize()}.")
NAMES = st.sampled_from(["Ada Moss", "Bo", "Grace O’Hara & Co", "José *the* <guest>", "SPEAKER_00", "王小明"])
SECONDS = st.integers(1, 400_000).map(lambda milliseconds: milliseconds / 1000)
TALKS = st.lists(st.tuples(st.none() | NAMES, SAID, SECONDS), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def recorded() -> list[Recorded]:
    """Everything that has times: the demo archive, and an episode written for these tests."""
    return [*demo_archive(), LOCKS]


def said(*turns: tuple[str | None, str]) -> Transcript:
    """A transcript whose turns take ten seconds each."""
    text, kept = "", []
    for number, (speaker, words) in enumerate(turns):
        text += "\n\n" if text else ""
        kept.append(Turn(speaker, (len(text), len(text) + len(words)), Time(10.0 * number, 10.0 * number + 9.5, "cue")))
        text += words
    return Transcript(text, tuple(kept))


def talk(said: list[tuple[str | None, str, float]], lasting: float = 0.8) -> Transcript:
    """A transcript whose turns follow each other, each so many seconds after the one before."""
    text, turns = "", []
    for (speaker, words, _), start in zip(said, accumulate(each for _, _, each in said), strict=True):
        text += "\n\n" if text else ""
        turns.append(Turn(speaker, (len(text), len(text) + len(words)), Time(start, start + lasting, "cue", 0.1)))
        text += words
    return Transcript(text, tuple(turns))


def told(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(turn.speaker, transcript.said(turn.span)) for turn in transcript.turns]


def starting(*starts: float | None, duration: float | None = 100.0) -> Episode:
    chapters = tuple(Chapter(number, f"Part {number}", start) for number, start in enumerate(starts, 1))
    return replace(EPISODE, chapters=chapters, duration=duration)


def spoken(transcript: Transcript) -> list[tuple[str | None, str]]:
    """Who says what, without what captions cannot keep: line breaks, and where one speaker takes a second turn."""
    return [
        (speaker, " ".join(" ".join(transcript.said(turn.span) for turn in turns).split()))
        for speaker, turns in groupby(transcript.turns, key=lambda turn: turn.speaker)
    ]


@pytest.mark.parametrize(
    ("write", "parse"), [(exports.webvtt, webvtt.parse), (exports.subrip, subrip.parse)], ids=["webvtt", "subrip"]
)
def test_captions_keep_every_word_who_says_it_and_when(write, parse, recorded: list[Recorded]) -> None:
    for _, transcript, _ in recorded:
        reading = parse(write(transcript))
        # "sys._getframe" may be two sentences; it is one caption.
        cut = [
            each for each in transcript.sentences if re.fullmatch(r"|.*\s", transcript.text[: each.span[0]], re.DOTALL)
        ]
        assert reading.problems == ()
        assert spoken(reading.transcript) == spoken(transcript)
        assert [stamp.seconds for stamp in reading.transcript.stamps] == pytest.approx(
            [each.time.start for each in cut], abs=0.0006
        )


def test_a_cue_is_a_sentence_in_the_voice_of_its_speaker() -> None:
    sentences = (Sentence((0, 4), Time(1.0, 2.0, "cue")), Sentence((5, 13), Time(2.0, 4.25, "interpolated", 1.0)))
    transcript = Transcript("Yes. It does.", (Turn("Ada Moss", (0, 13), Time(1.0, 4.25, "cue")),), sentences=sentences)
    assert exports.webvtt(transcript) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Ada Moss>Yes.\n\n"
        "00:00:02.000 --> 00:00:04.250\n<v Ada Moss>It does.\n"
    )
    assert exports.subrip(transcript) == (
        "1\n00:00:01,000 --> 00:00:02,000\nAda Moss: Yes.\n\n2\n00:00:02,000 --> 00:00:04,250\nIt does.\n"
    )


def test_speech_cannot_end_a_cue_or_become_markup() -> None:
    words = "a --> b & <i>c</i>\n\n00:00:01.000 --> 00:00:02.000\nd"
    transcript = said(("<b>Ada\n& Co", words), ("Bo", "Yes."))
    captions = exports.webvtt(transcript)
    assert captions.count("-->") == 2
    assert re.findall(r"<(?!v )", captions) == []
    assert spoken(webvtt.parse(captions).transcript)[0] == ("<b>Ada & Co", " ".join(words.split()))
    captions = exports.subrip(transcript)
    assert captions.count("-->") == 2
    assert "‹i›c‹/i›" in captions
    assert "<" not in captions


def test_a_word_that_looks_like_the_end_of_a_sentence_is_one_cue() -> None:
    sentences = (Sentence((0, 8), Time(1.0, 2.0, "cue")), Sentence((8, 18), Time(2.0, 4.0, "cue")))
    transcript = Transcript("Use sys._getframe.", (Turn(None, (0, 18), Time(1.0, 4.0, "cue")),), sentences=sentences)
    assert exports.webvtt(transcript) == "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nUse sys._getframe.\n"


def test_words_before_a_colon_do_not_pass_for_a_speaker() -> None:
    turns = [("Ada", "Yes. Tea: it is a leaf."), ("Bo", "No."), ("Ada", "Well."), ("Bo", "Tea: never.")]
    transcript = said(*turns)
    sentences = (Sentence((0, 4), Time(0.0, 1.0, "cue")), Sentence((5, 23), Time(1.0, 3.0, "cue")))
    captions = exports.subrip(replace(transcript, sentences=sentences))
    assert "\nAda: Tea: it is a leaf.\n" in captions
    assert spoken(subrip.parse(captions).transcript) == turns


def test_a_cue_ends_after_it_starts() -> None:
    transcript = Transcript("Hm.", (Turn(None, (0, 3), Time(5.0, 5.0, "cue")),))
    assert "00:00:05.000 --> 00:00:05.001\nHm." in exports.webvtt(transcript)


@pytest.mark.parametrize(("write", "form"), [(exports.webvtt, "WebVTT"), (exports.subrip, "SubRip")])
def test_captions_are_refused_where_a_time_is_not_known(write, form: str) -> None:
    _, transcript, _ = LOCKS
    one = replace(transcript.sentences[3], time=Time())
    sentences = (*transcript.sentences[:3], one, *transcript.sentences[4:])
    with pytest.raises(InvalidQueryError, match=f"The times of 1 of {len(sentences)} sentences.*{form}.*json") as error:
        write(replace(transcript, sentences=sentences))
    assert error.value.parameter == "format"
    with pytest.raises(InvalidQueryError, match="The times of 2 of 2 "):
        write(NIGHT[1])


def test_chapters_come_back_as_they_went(recorded: list[Recorded]) -> None:
    for episode in (each[0] for each in recorded if each[0].chapters):
        went = [(each.title, each.start, each.end) for each in episode.chapters]
        back = json_chapters.parse(exports.json_chapters(episode))
        assert [(each.title, each.start, each.end) for each in back.chapters] == went
        assert (back.problems, back.facts.title, back.facts.podcast_title) == ((), episode.title, episode.podcast_title)
        back = podlove.parse(exports.podlove(episode))
        assert [(each.title, each.start) for each in back.chapters] == [(title, start) for title, start, _ in went]
        assert back.problems == ()


def test_every_form_is_read_by_what_it_is_written_in(recorded: list[Recorded]) -> None:
    transcripts = {
        "json": "playhead_json",
        "markdown": "playhead_markdown",
        "text": "named_turns",
        "vtt": "webvtt",
        "srt": "subrip",
    }
    chapters = {
        "json": None,  # of the interface, and in no file's form
        "json-chapters": "json_chapters",
        "psc": "podlove",
        "youtube": "chapter_list",
        "ffmetadata": "ffmetadata",
        "vtt": "webvtt_chapters",
    }
    assert (transcripts.keys(), chapters.keys()) == (exports.TRANSCRIPTS.keys(), exports.CHAPTERS.keys())
    for episode, transcript, _ in recorded:
        several = len({turn.speaker for turn in transcript.turns}) > 1
        for name, reader in transcripts.items():
            if name != "text" or several:  # who speaks alone is not named in plain text
                written = exports.TRANSCRIPTS[name].write(episode, transcript, "")
                assert recognise(written, "nameless").name == reader, (episode.id, name)
        for name, reader in chapters.items():
            if reader and not (name == "youtube" and "Washing up" in exports.json_chapters(episode)):  # five seconds
                written = exports.CHAPTERS[name].write(episode, transcript, "")
                assert recognise(written, "nameless").name == reader, (episode.id, name)


@given(TALKS)
def test_json_comes_back_with_every_word_name_and_time(said: list[tuple[str | None, str, float]]) -> None:
    transcript = talk(said)
    reading = playhead_json.parse(exports.TRANSCRIPTS["json"].write(EPISODE, transcript, ""))
    assert reading.problems == ()
    assert told(reading.transcript) == told(transcript)
    stamps = reading.transcript.stamps
    assert [each.seconds for each in stamps] == pytest.approx(
        [turn.time.start for turn in transcript.turns], abs=0.0006
    )
    assert [each.until for each in stamps] == pytest.approx([turn.time.end for turn in transcript.turns], abs=0.0006)


@given(TALKS, st.lists(TITLES, max_size=4, unique=True), st.sets(st.integers(0, 7)))
def test_markdown_comes_back_with_every_word_name_time_and_chapter(
    said: list[tuple[str | None, str, float]], titles: list[str], untimed: set[int]
) -> None:
    transcript = talk(said)
    turns = [replace(turn, time=Time()) if place in untimed else turn for place, turn in enumerate(transcript.turns)]
    transcript = replace(transcript, turns=tuple(turns))
    titles = [" ".join(title.split()) for title in titles]
    chapters = [Chapter(place, title, 60.0 * place) for place, title in enumerate(titles, 1)]
    episode = replace(EPISODE, chapters=tuple(chapters))
    written = exports.markdown(episode, transcript, "https://a.example")
    reading = playhead_markdown.parse(written)
    assert reading.problems == ()
    assert told(reading.transcript) == told(transcript)
    assert [each.seconds for each in reading.transcript.stamps] == [
        int(turn.time.start) for turn in turns if turn.time.start is not None
    ]
    assert [(each.title, each.start) for each in reading.chapters] == [(each.title, each.start) for each in chapters]
    facts = reading.facts
    assert (facts.title, facts.podcast_title, facts.published) == (
        EPISODE.title,
        EPISODE.podcast_title,
        EPISODE.published,
    )


@given(TALKS)
def test_web_captions_come_back_whatever_is_said(said: list[tuple[str | None, str, float]]) -> None:
    """Captions cannot say that nobody knows who speaks, so here everybody is known."""
    transcript = talk([(speaker or "Ada Moss", words, seconds) for speaker, words, seconds in said])
    written = exports.webvtt(transcript)
    reading = webvtt.parse(written)
    assert reading.problems == ()
    assert spoken(reading.transcript) == spoken(transcript)
    starts = [turn.time.start for turn in transcript.turns]
    assert [each.seconds for each in reading.transcript.stamps] == pytest.approx(starts, abs=0.0006)
    assert [parse(cue.start) for cue in webvtt_py.from_string(written)] == pytest.approx(starts, abs=0.0006)


@given(st.lists(st.tuples(st.sampled_from(["Ada Moss", "Bo", "王小明"]), PLAIN, SECONDS), min_size=4, max_size=8))
def test_subtitles_and_plain_text_come_back_as_people_speak(said: list[tuple[str, str, float]]) -> None:
    """Neither has a way to say that words are no markup and no name, so nobody says such words here."""
    transcript = talk(said)
    reading = subrip.parse(exports.subrip(transcript))
    assert reading.problems == ()
    assert spoken(reading.transcript) == spoken(transcript)
    assert [each.seconds for each in reading.transcript.stamps] == pytest.approx(
        [turn.time.start for turn in transcript.turns], abs=0.0006
    )
    talked = talk([("Ada Moss", "Shall we?", 1.0), ("Bo", "We shall.", 1.0), ("Ada Moss", "So.", 1.0), *said])
    back = named_turns.parse(exports.text(talked))
    assert spoken(back.transcript) == spoken(talked)


CHAPTER_READERS = [
    ("json-chapters", json_chapters.parse, 0.0006),
    ("psc", podlove.parse, 0.0006),
    ("ffmetadata", ffmetadata.parse, 0.0006),
    ("vtt", webvtt_chapters.parse, 0.0006),
]


def _no_entity(stated: tuple[str, float]) -> bool:
    """Files of chapters are written with entities where none belong, so our readers take every entity for one."""
    return "&" not in stated[0]


@pytest.mark.parametrize(("form", "parse", "off"), CHAPTER_READERS, ids=[form for form, _, _ in CHAPTER_READERS])
@given(st.lists(st.tuples(SAID, SECONDS).filter(_no_entity), min_size=1, max_size=6))
def test_chapters_come_back_whatever_they_are_called(form: str, parse, off: float, stated) -> None:
    starts = list(accumulate(seconds + 0.002 for _, seconds in stated))
    ends = [*starts[1:], starts[-1] + 60.0]
    chapters = tuple(
        Chapter(number, title, start, end)
        for number, ((title, _), start, end) in enumerate(zip(stated, starts, ends, strict=True), 1)
    )
    episode = replace(EPISODE, chapters=chapters, duration=ends[-1])
    reading: Reading = parse(exports.CHAPTERS[form].write(episode, Transcript("", ()), ""))
    assert reading.problems == ()
    assert [each.title for each in reading.chapters] == [each.title for each in chapters]
    assert [each.start for each in reading.chapters] == pytest.approx(starts, abs=off)
    if form != "psc":  # which has no ends
        assert [each.end for each in reading.chapters] == pytest.approx(ends, abs=off)


@given(st.lists(st.tuples(PLAIN, st.integers(10, 400)), min_size=3, max_size=6, unique_by=lambda each: each[0]))
def test_lines_for_youtube_come_back_to_the_second(stated: list[tuple[str, int]]) -> None:
    starts = [0.0, *accumulate(float(seconds) for _, seconds in stated)]
    chapters = tuple(
        Chapter(n, title, start) for n, ((title, _), start) in enumerate(zip(stated, starts, strict=False), 1)
    )
    written = exports.youtube(replace(EPISODE, chapters=chapters, duration=starts[-1]))
    back = chapter_list.parse(written).chapters
    assert [(each.title, each.start) for each in back] == [(each.title, each.start) for each in chapters]


def test_the_last_chapter_of_an_episode_nobody_timed_lasts_until_its_last_word() -> None:
    _, transcript, _ = LOCKS
    episode = starting(0.0, 20.0, duration=None)
    last = max(turn.time.end for turn in transcript.turns)
    assert f"END={round(last * 1000)}\n" in exports.CHAPTERS["ffmetadata"].write(episode, transcript, "")
    assert exports.CHAPTERS["vtt"].write(episode, transcript, "").count("-->") == 2
    with pytest.raises(InvalidQueryError, match="not known when chapter 2"):
        exports.CHAPTERS["vtt"].write(episode, Transcript("", ()), "")


@given(st.lists(TITLES, min_size=1, max_size=5))
def test_no_title_breaks_a_form(titles: list[str]) -> None:
    chapters = tuple(
        Chapter(place + 1, title, 20.0 * place, url="https://a.example/?b&c") for place, title in enumerate(titles)
    )
    episode = replace(EPISODE, chapters=chapters)
    document = json.loads(exports.json_chapters(episode))
    assert [each["title"] for each in document["chapters"]] == titles
    root = ElementTree.fromstring(exports.podlove(episode))  # noqa: S314 - our own writing
    assert len(root) == len(titles)
    assert {each.get("href") for each in root} == {"https://a.example/?b&c"}
    metadata = exports.ffmetadata(episode).splitlines()
    assert metadata.count("[CHAPTER]") == len(titles)
    read = [re.sub(r"\\(.)", r"\1", line.removeprefix("title=")) for line in metadata if line.startswith("title=")]
    assert read == [" ".join(title.split()) for title in (EPISODE.title, *titles)]


def test_a_chapter_s_address_goes_out_only_where_it_is_one() -> None:
    episode = replace(EPISODE, chapters=(Chapter(1, "One", 0.0, url="javascript:alert(1)"),))
    assert "javascript" not in exports.json_chapters(episode) + exports.podlove(episode)


def test_lines_for_youtube_are_a_clock_and_a_title() -> None:
    lines = exports.youtube(starting(0.4, 59.9, 3600.0, duration=4000.0)).splitlines()
    assert lines == ["0:00 Part 1", "0:59 Part 2", "1:00:00 Part 3"]
    assert [parse(line.split()[0]) for line in lines] == [0.0, 59.0, 3600.0]


@pytest.mark.parametrize(
    ("episode", "rule"),
    [
        (starting(0.0, 20.0), "at least 3, and there are 2"),
        (starting(), "at least 3, and there are 0"),
        (starting(5.0, 20.0, 40.0), "first must start at 0:00, and chapter 1, “Part 1”, starts at 0:05"),
        (starting(0.0, 20.0, 29.0), "last 10 seconds, and chapter 2, “Part 2”, lasts 9"),
        (starting(0.0, 20.0, 92.0), "last 10 seconds, and chapter 3, “Part 3”, lasts 8"),
        (starting(0.0, 40.0, 20.0), "in order of time, and what follows chapter 2"),
        (starting(0.0, None, 20.0), "not known when chapter 2, “Part 2”, starts"),
    ],
)
def test_chapters_that_youtube_would_ignore_name_the_rule(episode: Episode, rule: str) -> None:
    with pytest.raises(InvalidQueryError, match=re.escape(rule)) as error:
        exports.youtube(episode)
    assert error.value.parameter == "format"


def test_every_rule_of_youtube_s_that_is_broken_is_named() -> None:
    with pytest.raises(InvalidQueryError) as error:
        exports.youtube(starting(5.0, 9.0))
    assert str(error.value) == (
        "YouTube would ignore these chapters: it wants at least 3, and there are 2; the first must start at 0:00, and "
        "chapter 1, “Part 1”, starts at 0:05; each must last 10 seconds, and chapter 1, “Part 1”, lasts 4."
    )
    chapters = tuple(Chapter(number, "東" * 200, 20.0 * number) for number in range(9))
    with pytest.raises(InvalidQueryError, match="5,000 bytes at most, and these lines have 5,4"):
        exports.youtube(replace(EPISODE, chapters=chapters))


def test_the_last_chapter_may_end_with_an_episode_nobody_timed() -> None:
    assert exports.youtube(starting(0.0, 20.0, 40.0, duration=None)).endswith("0:40 Part 3\n")


def test_ffmpeg_is_told_when_a_chapter_ends() -> None:
    assert exports.ffmetadata(starting(0.0, 20.5)).split("\n\n")[1:] == [
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=20500\ntitle=Part 1",
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=20500\nEND=100000\ntitle=Part 2\n",
    ]
    with pytest.raises(InvalidQueryError, match="not known when chapter 2, “Part 2”, ends"):
        exports.ffmetadata(starting(0.0, 20.5, duration=None))


@pytest.mark.parametrize("write", [exports.json_chapters, exports.podlove, exports.ffmetadata])
def test_a_chapter_without_a_time_is_not_left_out_in_silence(write) -> None:
    with pytest.raises(InvalidQueryError, match="not known when chapter 2, “Part 2”, starts"):
        write(starting(0.0, None, 40.0))


def test_an_address_that_was_said_becomes_no_link_in_markdown() -> None:
    said = "see https://x.example or www.x.example, write to me@x.example: done"

    assert exports.escape(said) == r"see https\://x.example or www\.x.example, write to me\@x.example: done"
    assert MarkdownIt().renderInline(exports.escape(said)) == said

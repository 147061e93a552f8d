"""HTML as browsers read it, and as people talk in it: every dress of a transcript, and pages that hold none."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ingest import markup
from ingest.formats import html_transcript, page, read, recognise
from ingest.markup import DEEPEST, read_html
from ingest.reading import Reading
from playhead.errors import TranscriptError, UnknownFormatError
from playhead.model import Transcript
from playhead.text import words
from playhead.timestamps import write_precise

Said = tuple[str, float, str]
"""A speaker, a second, and words."""


def _cite(speaker: str, stamp: str, said: str) -> str:
    return f"<cite>{speaker}:</cite>\n<time>{stamp}</time>\n<p>{said}</p>\n"


def _bold(speaker: str, stamp: str, said: str) -> str:
    return f"<p><strong>{speaker}</strong>: [{stamp}] {said}\n"


def _classes(speaker: str, stamp: str, said: str) -> str:
    return (
        f'<div><span class="ts-name">{speaker}</span> <a class="ts-timestamp" href="/?t=1">({stamp})</a> {said}</div>'
    )


def _terms(speaker: str, stamp: str, said: str) -> str:
    return f"<dt>{speaker} <time>{stamp}</time><dd>{said}"


def _cells(speaker: str, stamp: str, said: str) -> str:
    return f"<tr><td>{stamp}</td><td class=speaker>{speaker}</td><td>{said}</td></tr>"


def _headings(speaker: str, stamp: str, said: str) -> str:
    return f"<h3><b>{speaker}</b> {stamp}</h3><p>{said}</p>"


def _lines(speaker: str, stamp: str, said: str) -> str:
    return f"<b>{speaker} ({stamp}):</b> {said}<br>\r\n"


DRESSES = [_cite, _bold, _classes, _terms, _cells, _headings, _lines]
NAMES = st.sampled_from(["Mara Quill", "Ojo van Hout", "Łukasz", "מאיה כהן", "潮野", "Speaker 1", "O’Neill & Sons"])
WORDS = st.lists(
    st.sampled_from(["tide", "bell", "<rope>", "R&D", "&lt;", "it's", "שלום", "潮", "12", "[laughs]", "Note:", "a:b"]),
    min_size=1,
    max_size=8,
).map(lambda chosen: f"so {' '.join(chosen)} there.")
TALK = st.lists(st.tuples(NAMES, st.integers(0, 36_000_000).map(lambda ms: ms / 1000), WORDS), min_size=2, max_size=12)


def _transcript(reading: Reading) -> Transcript:
    assert reading.transcript is not None
    return reading.transcript


def _said(transcript: Transcript) -> list[tuple[str | None, float, str]]:
    """What is said from each stamp on, by whom."""
    ends = [*(stamp.at for stamp in transcript.stamps[1:]), len(transcript.text)]
    return [
        (
            next(turn.speaker for turn in transcript.turns if turn.span[0] <= stamp.at < turn.span[1]),
            round(stamp.seconds, 3),
            transcript.text[stamp.at : end].strip(),
        )
        for stamp, end in zip(transcript.stamps, ends, strict=True)
    ]


@pytest.mark.parametrize("dress", DRESSES, ids=lambda dress: dress.__name__)
@settings(max_examples=50, deadline=None)
@given(talk=TALK, whole=st.booleans())
def test_whatever_dress_it_wears_a_talk_keeps_its_speakers_words_and_seconds(
    dress: Callable[[str, str, str], str], talk: list[Said], whole: bool
) -> None:
    body = "".join(
        dress(html.escape(speaker), write_precise(second), html.escape(said)) for speaker, second, said in talk
    )
    body = f"<table>{body}</table>" if dress is _cells else body
    if whole:
        body = f"<!doctype html><body><nav>Menu</nav><h1>Ep</h1><div id=transcript>{body}</div><footer>We</footer>"
    reading = read(body, "talk.html")
    assert reading.format == "html_transcript"
    assert _said(_transcript(reading)) == [(speaker, round(second, 3), said) for speaker, second, said in talk]
    assert reading.problems == ()


# HTML as such

SOUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<i", " x='<b>'", ">", "<br/>", "<ul><li>", "<li>", "</ul>",
         "<h2>", "</h2>", "<dl><dt>", "<dd>", "</dl>", "<!-- a -->", "<!-->", "<!--->", "<!x>", "</>", "</ x>",
         "<pre>\n", "</pre>", "<a href=x/y>", "</a>", "&amp;", "&lt;", "&notit;", "&copy", "&#65;", "&#x26", "<em/>",
         "< ", "<script>a</p></script>", "<style>b</style>", "<section>", "</section>", "<cite>", "</cite>", "</span>",
         "<span title=\"a>b\">", "a<b ", "tide ", "bell ", "rope ", "\n", "\x00"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(soup=SOUP)
def test_tag_soup_has_the_words_that_another_reader_finds_in_it(soup: str) -> None:
    parser = LexborHTMLParser(f"<!doctype html><body>{soup}")
    parser.strip_tags(["script", "style"], recursive=True)
    ours = "".join(line.words for line in read_html(f"<!doctype html><body>{soup}").lines)
    theirs = parser.body.text() if parser.body else ""
    assert "".join(words(ours)) == "".join(words(theirs))


def test_a_line_knows_where_it_stands_and_ends_where_a_reader_sees_it_end() -> None:
    text = "<h1>Tide\n&amp; bell</h1>\r\n<p>One<p>two <b>three</b>\n four<br>five<ul><li>six<li>seven</ul>eight"
    lines = read_html(text).lines
    assert [line.words for line in lines] == ["Tide & bell", "One", "two three four", "five", "six", "seven", "eight"]
    assert [line.number for line in lines] == [1, 3, 3, 4, 4, 4, 4]
    assert text[slice(*lines[2].raw)] == "two <b>three</b>\n four"


def test_what_stands_beside_the_matter_is_no_line() -> None:
    beside = "".join(f"<{tag}>no</{tag}>" for tag in ("nav", "aside", "header", "footer", "script", "style", "button"))
    hidden = "<p hidden>no</p><div class='a comments'>no</div><svg/><template>no</template><noscript>no</noscript>"
    assert [line.words for line in read_html(f"<p>yes</p>{beside}{hidden}<p>yes</p>").lines] == ["yes", "yes"]


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<b>", "<p>x", "<ul><li>", "<a ", '<a b="', "<a b='", "<a/", "<!--", "</", "<script>", "<table><tr><td>",
     "<dl><dt>x<dd>", "<b><p>", "<li></li>", "<span data-start=1>x ", "<cite>A:</cite>", "&#1111111111", "<title>"],
)  # fmt: skip
def test_ten_times_as_much_of_anything_takes_about_ten_times_as_long(piece: str) -> None:
    def seconds(size: int) -> float:
        """The least of three: Python tidies its memory when it likes, and that is none of the reader's time."""
        text = piece * (size // len(piece))
        taken = []
        for _ in range(3):
            started = time.process_time()
            read_html(text)
            taken.append(time.process_time() - started)
        return min(taken)

    assert seconds(400_000) < 30 * max(seconds(40_000), 0.01)


def test_a_file_of_nothing_but_tags_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MOST_TAGS", 10_000)
    with pytest.raises(UnknownFormatError, match=r"bomb\.html: there are more than 10,000 tags"):
        recognise("<div>" * 10_001, "bomb.html")


def test_what_is_nested_deeper_than_anybody_reads_is_read_all_the_same() -> None:
    deep = f"{'<div>' * (DEEPEST * 40)}<p>Mara: yes.</p><p>Ojo: no.</p>"
    assert [line.words for line in read_html(deep).lines] == ["Mara: yes.", "Ojo: no."]


# Pages without a transcript, and with one somewhere

NEITHER = "this is a web page, and neither a transcript nor chapters are in it"


@pytest.mark.parametrize(
    "text",
    [
        "<!doctype html><title>404</title><h1>Not found</h1><p>This page is gone. Try the search. Or go home.</p>",
        "<!doctype html><title>Log in</title><form>User: <input> Password: <input type=password><button>Go</button>",
        "<!doctype html><h1>Read it</h1><div id=transcript><p>Sign in to read the transcript.</p></div>",
        "<!doctype html><h2>Transcript</h2><p>Coming soon.</p>",
        "<p>Note: buy rope.</p><p>Note: buy more rope.</p>",
        "<p>Once upon a time there was a harbour.</p><p>Nobody was named in it, and nobody spoke. It was dark.</p>",
        "<dl><dt>Cue</dt><dd>The smallest piece.</dd><dt>Turn</dt><dd>One speaker without a pause.</dd></dl>",
        "<!doctype html><article><p><b>Category:</b> News</p><p><b>Author:</b> Jo</p><p><b>Category:</b> Sea</p>",
        "<!doctype html><p>By <span class=author>Jo</span> <time>10:30</time></p><p>The tide is in. It is early.</p>",
        "<!doctype html><p>Good.</p><ol class=comment-list><li><cite>Bo</cite><time>10:30</time><p>Nice.</p></ol>",
        "<ul><li>0:00 Intro</li><li>The tide</li></ul>",
        '<!doctype html><script type="application/ld+json">{"@type": "PodcastEpisode",</script><p>Hello.</p>',
        "<!doctype html><h1>Bells</h1><p>All.</p><h2>Ropes</h2><p>Some.</p><h1>Ropes</h1><p>More.</p><h2>Knots</h2>",
        "<html></html>",
        "<p>",
    ],
)  # fmt: skip
def test_a_page_that_holds_neither_transcript_nor_chapters_is_refused_and_says_so(text: str) -> None:
    with pytest.raises(UnknownFormatError, match=NEITHER):
        recognise(text, "page.html")
    for chosen in (html_transcript, page):
        with pytest.raises(TranscriptError, match=NEITHER):
            chosen.parse(text)


def test_a_transcript_is_found_behind_a_head_full_of_scripts() -> None:
    head = f"<!doctype html><head><script>{'x = 1;' * 10_000}</script></head>"
    reading = read(f"{head}<p>Mara: Hear it?</p><p>Ojo: Not yet.</p><p>Mara: And now?</p>", "late.html")
    assert [turn.speaker for turn in _transcript(reading).turns] == ["Mara", "Ojo", "Mara"]


def test_what_surrounds_a_talk_on_a_page_is_left_out_and_reported() -> None:
    talk = "<p><b>Mara:</b> Hear it?</p>\n<p><b>Ojo:</b> Not yet.</p>\n<p><b>Mara:</b> And now?</p>\n"
    text = f"<!doctype html>\n<p>About this page.</p>\n{talk}<p>I do.</p>\n<h2>More</h2>\n<p>Read on.</p>"
    reading = read(text, "talk.html")
    assert _transcript(reading).text == "Hear it?\n\nNot yet.\n\nAnd now?\nI do."
    assert [(problem.message, problem.line) for problem in reading.problems] == [
        ("this stands above the transcript and is left out", 2),
        ("this stands below the transcript and is left out", 7),
    ]


def test_attributes_that_cannot_be_seconds_are_not_taken_for_them() -> None:
    text = "<p data-start=0>Mara: Hear it?</p><p data-start=12500>Ojo: No.</p><p data-start=360000>Mara: Now?</p>"
    reading = read(text, "talk.html")
    assert _transcript(reading).stamps == ()
    assert [problem.message for problem in reading.problems] == [
        "the times in its attributes go beyond a day, so they count no seconds; none is used"
    ]


@pytest.mark.parametrize("written", ["NaN", "-5", "1e999", "Infinity", "", "soon", "99999999999", "0:75"])
def test_a_time_in_an_attribute_that_is_none_is_unknown(written: str) -> None:
    text = f"<p data-start='{written}' data-m='{written}'>Mara: Hear it?</p><p>Ojo: No.</p><p>Mara: Now?</p>"
    assert _transcript(read(text, "talk.html")).stamps == ()


@pytest.mark.parametrize(
    "data",
    [[], None, 5, {"@graph": {"@graph": []}}, {"@type": []}, {"@type": [5, None]}],
)
def test_linked_data_of_no_episode_makes_no_page_of_one(data: object) -> None:
    with pytest.raises(UnknownFormatError, match=NEITHER):
        recognise(f'<!doctype html><script type="application/ld+json">{json.dumps(data)}</script><p>x', "x.html")


@pytest.mark.parametrize("value", [None, 5, [], {}, "", [None, {}], {"name": []}, "NaN", 1e999, -1])
def test_linked_data_of_any_shape_states_nothing_it_does_not_say(value: object) -> None:
    keys = ("duration", "datePublished", "hasPart", "associatedMedia", "partOfSeries", "url", "inLanguage")
    data = {"@type": "PodcastEpisode", "name": "The bell", **dict.fromkeys(keys, value)}
    text = f'<!doctype html><script type="application/ld+json">{json.dumps(data)}</script><h1>The bell</h1>'
    reading = read(text, "bell.html")
    assert reading.format == "page"
    assert reading.facts.title == "The bell"
    assert (reading.facts.published, reading.facts.audio_url, reading.chapters) == (None, None, ())


def test_chapters_and_a_talk_with_names_on_one_page_are_both_read() -> None:
    text = (
        "<!doctype html><h2>Chapters</h2><ol><li>0:00 Intro<li>0:30 The bell</ol>"
        "<h2>Transcript</h2><p>Mara: Hear it?</p><p>Ojo: Not yet.</p><h2>Comments</h2><p>Bo: nice.</p>"
    )
    reading = read(text, "bell.html")
    assert reading.format == "page"
    assert [(chapter.title, chapter.start, chapter.end) for chapter in reading.chapters] == [
        ("Intro", 0.0, 30.0),
        ("The bell", 30.0, None),
    ]
    assert [turn.speaker for turn in _transcript(reading).turns] == ["Mara", "Ojo"]

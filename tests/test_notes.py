"""Show notes are read as they are written, and every note knows the place of its time to the character."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playhead.errors import NotesError
from playhead.notes import MOST_CHARACTERS, MOST_NOTES, Note, NotesFormat, read_notes, recognise
from tests.pace import within


def said(source: str, written: NotesFormat | None = None) -> list[str]:
    return [note.text for note in read_notes(source, written)]


def only(source: str, written: NotesFormat | None = None) -> Note:
    (note,) = read_notes(source, written)
    return note


def with_marks(source: str, notes: tuple[Note, ...]) -> str:
    """The source with an @ where each note's time would be written."""
    for note in reversed(notes):
        source = source[: note.span[0]] + "@" + source[note.span[0] :]
    return source


def test_a_time_is_written_behind_what_makes_an_item() -> None:
    source = "# The tide\n\n* One\n  1. Two\n\n     > Three\n- [Four](https://four.org)\n\nFive"
    marked = "# @The tide\n\n* @One\n  1. @Two\n\n     > @Three\n- @[Four](https://four.org)\n\n@Five"
    assert with_marks(source, read_notes(source)) == marked


def test_a_time_is_written_inside_the_element_of_html() -> None:
    source = '<h2>Tide</h2>\n<ul class="x"><li><p><b>One</b></p></li><li>Two<ul><li>Three</ul></ul>A<br>B'
    marked = '<h2>@Tide</h2>\n<ul class="x"><li><p>@<b>One</b></p></li><li>@Two<ul><li>@Three</ul></ul>@A<br>@B'
    assert with_marks(source, read_notes(source, "html")) == marked


def test_a_time_is_written_behind_a_bullet_of_plain_text() -> None:
    source = "TIDES\r\n• One\r\n\r\n2) Two\r\nThree\r\n"
    assert with_marks(source, read_notes(source, "text")) == "@TIDES\r\n• @One\r\n\r\n2) @Two\r\n@Three\r\n"


@pytest.mark.parametrize(
    ("written", "seconds", "text", "stated"),
    [
        ("- 04:15 The tide", 255.0, "The tide", "04:15"),
        ("- [04:15](#t=04:15) The tide", 255.0, "The tide", "[04:15](#t=04:15)"),
        ("* **[1:04:15](#t=1:04:15)** The tide", 3855.0, "The tide", "**[1:04:15](#t=1:04:15)**"),
        ("(04:15) - The tide", 255.0, "The tide", "(04:15)"),
        ("- 04:15-06:30: The tide", 255.0, "The tide", "04:15-06:30"),
        ("- \\[04:15\\] The tide", 255.0, "The tide", "\\[04:15\\]"),
        ("- [04:15 The tide](https://tide.org)", 255.0, "The tide", "04:15"),
        ("- The tide (04:15)", 255.0, "The tide", "(04:15)"),
        ("- The tide ... 04:15", 255.0, "The tide", "04:15"),
        ("- The tide [04:15](https://x.org/a.mp3#t=255)", 255.0, "The tide", "[04:15](https://x.org/a.mp3#t=255)"),
        ('<li><a href="#t=04:15">04:15</a> The tide</li>', 255.0, "The tide", '<a href="#t=04:15">04:15</a>'),
        ("<p>The tide <b>(04:15)</b></p>", 255.0, "The tide", "<b>(04:15)</b>"),
    ],
)
def test_a_time_that_stands_there_is_kept_apart(written: str, seconds: float, text: str, stated: str) -> None:
    note = only(written)
    assert (note.stated, note.text) == (seconds, text)
    assert note.stated_span is not None
    assert written[slice(*note.stated_span)] == stated


@pytest.mark.parametrize(
    "written",
    ["- We met at 12:30", "- 12:30pm is late", "- John 3:16-17:2:1 is read", "- A ratio of 16:9", "- 12:75 The tide"],
)
def test_what_is_no_time_of_the_episode_stays_text(written: str) -> None:
    note = only(written)
    assert (note.stated, note.stated_span, note.text) == (None, None, written[2:])


def test_a_reference_to_a_character_hides_nothing_in_a_note() -> None:
    assert said("- The &#x202e;tide&#x200b; clock", "markdown") == ["The tide clock"]
    assert said("<li>The &#x202e;tide&#x200b; clock</li>", "html") == ["The tide clock"]


def test_a_table_is_a_note_a_row_without_its_head() -> None:
    source = "| Time | Topic |\n|---|---|\n| 00:10 | The tide |\n| 10:00 | The bell |\n"
    notes = read_notes(source)
    assert [(note.stated, note.text, note.line) for note in notes] == [(10.0, "The tide", 3), (600.0, "The bell", 4)]


def test_links_are_found_however_they_are_written() -> None:
    source = (
        "- [Tide](https://tide.org/a_(b))\n- [Bell][b] and <https://lock.org>\n- see https://gate.org/x, "
        "or www.mill.org.\n"
        '- <a href="https://quay.org/?a=1&amp;b=2">Quay</a>\n\n[b]: https://bell.org "The bell"\n'
    )
    found = [[(link.text, link.url) for link in note.links] for note in read_notes(source, "markdown")]
    assert found == [
        [("Tide", "https://tide.org/a_(b)")],
        [("Bell", "https://bell.org"), ("https://lock.org", "https://lock.org")],
        [("https://gate.org/x", "https://gate.org/x"), ("www.mill.org", "https://www.mill.org")],
        [("Quay", "https://quay.org/?a=1&b=2")],
    ]


def test_a_link_of_html_ends_with_its_note_if_nothing_ends_it() -> None:
    notes = read_notes("<li><a href='https://tide.org'>The <i>tide</i><li>The bell", "html")
    assert [[(link.text, link.url) for link in note.links] for note in notes] == [
        [("The tide", "https://tide.org")],
        [],
    ]


def test_notes_know_the_heading_they_stand_under() -> None:
    source = "## Part one\n\n- Tide\n\n**Part two**\n\n- Bell\n\nThings we liked:\n\n- Lock\n"
    assert [(note.text, note.kind, note.section) for note in read_notes(source)] == [
        ("Part one", "heading", None),
        ("Tide", "item", "Part one"),
        ("Part two", "heading", "Part one"),
        ("Bell", "item", "Part two"),
        ("Things we liked:", "heading", "Part two"),
        ("Lock", "item", "Things we liked"),
    ]


def test_what_nobody_talks_of_is_told_apart() -> None:
    source = (
        "In this episode we walk along the river with Ada, who keeps the lock, and with Grace, who rings the bell at "
        "high water, and we ask both of them what they would do if the sea came in a day early.\n\n"
        "## Links\n\n- The lock\n- Brought to you by [Quay](https://quay.org)\n- Subscribe to our newsletter\n\n"
        "## Sponsors\n\n- Mill & Sons\n\n## Follow us\n\n- Mastodon\n"
    )
    assert [note.kind for note in read_notes(source)] == [
        "prose",
        *("boilerplate", "item", "sponsor", "boilerplate"),
        *("boilerplate", "sponsor"),
        *("boilerplate", "boilerplate"),
    ]


def test_a_sentence_in_a_list_is_an_item_and_before_one_it_is_prose() -> None:
    sentence = "Today Ada and Grace walk to the old mill and talk about the tide."
    assert [note.kind for note in read_notes(f"{sentence}\n\n- {sentence}\n- The tide\n")] == ["prose", "item", "item"]


def test_a_picture_before_a_title_does_not_hide_it() -> None:
    source = "⏱️ Chapters\n0:00 Herons\n\n👉 Subscribe: https://river.org\n"
    assert [note.kind for note in read_notes(source)] == ["boilerplate", "item", "boilerplate"]


def test_a_time_makes_an_item_of_what_would_be_boilerplate() -> None:
    assert only("- 00:10 Guests").kind == "item"


def test_lines_that_were_broken_for_want_of_room_are_one_note_and_others_are_not() -> None:
    full = (
        "The keeper of the lock tells us how a tide that comes a day early\nfinds every gate open and every boat asleep"
    )
    assert len(read_notes(full)) == 1
    assert said("00:00 Intro\n01:00 The tide\n02:00 The bell") == ["Intro", "The tide", "The bell"]
    assert said("- The tide\n  comes in\n- The bell") == ["The tide comes in", "The bell"]


def test_front_matter_comments_code_and_scripts_are_no_notes() -> None:
    assert said("---\ntitle: Tide\n---\n\n- Bell\n\n```\ncode\n```\n\n<!-- Lock -->\n") == ["Bell"]
    assert said("<style>p{}</style><p>Bell</p><script>if (a < b) alert('</p>')</script><!-- x --><p>Lock</p>") == [
        "Bell",
        "Lock",
    ]


def test_html_inside_markdown_is_read_as_html() -> None:
    source = "# Tide\n\n- Mill\n\n<div>\n<ul><li>Bell <a href='https://b.org'>b</a></li></ul>\n</div>\n\n- Lock\n"
    notes = read_notes(source, "markdown")
    assert [(note.text, note.line, note.depth, len(note.links)) for note in notes] == [
        ("Tide", 1, 0, 0),
        ("Mill", 3, 1, 0),
        ("Bell b", 6, 1, 1),
        ("Lock", 9, 1, 0),
    ]


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("- a bell", "markdown"),
        ("[bell]: https://b.org\n[bell]", "markdown"),
        ("<ul><li>a bell</li></ul>", "html"),
        ("- a bell<br>- a lock\n- a tide", "markdown"),
        ("00:00 Intro\n00:30 <tag> & more", "text"),
    ],
)
def test_how_notes_are_written_is_recognised(source: str, written: str) -> None:
    assert recognise(source) == written


@pytest.mark.parametrize("source", ["", " \n\t", "---", "<p></p>", "12:30", "* * *", "<script>bell</script>", "🔔"])
def test_notes_without_a_word_are_refused(source: str) -> None:
    with pytest.raises(NotesError, match="not one word"):
        read_notes(source)


def test_notes_that_are_no_notes_of_one_episode_are_refused() -> None:
    with pytest.raises(NotesError, match=r"1,048,576 characters; 200,000 can be linked"):
        read_notes("a" * 2**20)
    with pytest.raises(NotesError, match=r"1,001 lines; 1,000 can be linked"):
        read_notes("- a\n" * (MOST_NOTES + 1))


@pytest.mark.parametrize(
    "piece", ["[", "<a ", "<!--", "*a ", "- ", "> ", "12:34 ", "a 12:34", "<b>", "![", "``a", "|a", "&amp;"]
)
@pytest.mark.parametrize("written", ["markdown", "html", "text"])
def test_hostile_notes_cost_no_more_than_their_length(piece: str, written: NotesFormat) -> None:
    source = (piece * MOST_CHARACTERS)[: MOST_CHARACTERS - 5] + " bell"
    with within(5), suppress(NotesError):
        read_notes(source, written)


@pytest.mark.parametrize("piece", [" ", "\n", "\\", "\\ ", "<br>", "\\<br> ", "1", "."])
@pytest.mark.parametrize("written", ["markdown", "html", "text"])
def test_what_stands_between_two_words_costs_no_more_than_its_length(piece: str, written: NotesFormat) -> None:
    source = ("bell" + piece * MOST_CHARACTERS)[: MOST_CHARACTERS - 5] + " bell"
    with within(5), suppress(NotesError):
        read_notes(source, written)


def test_the_breaks_that_end_a_line_of_markdown_are_no_part_of_it() -> None:
    for end in ("", "  ", "\\", "<br>", " <BR />  ", "\\<br>\\ "):
        read = read_notes(f"- a bell{end}\n- a tide{end}", "markdown")
        assert [note.text for note in read] == ["a bell", "a tide"]


PIECES = st.sampled_from(
    "- |* |1. |# |> |    |  - |\n|\n\n|\r\n|\r|**|__|[|](https://t.org)|](|)|<li>|</li>|<ul>|<p>|<b>|</b>|<a href='x'>|"
    "</a>|<br>|<!--|-->|\\|`|~~~\n|---\n|04:15|(1:02:03)|12:30 - |the tide|a bell|潮汐|é|\u2028|\x0b|\x00|\ufeff|&amp;|"
    " |\t|:|Links:|https://t.org/a_(b).".split("|")
)


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["markdown", "html", "text"]))
@example("- a\n\n      12:30 b", "markdown")
def test_notes_stand_where_they_say_and_in_order(source: str, written: NotesFormat) -> None:
    try:
        notes = read_notes(source, written)
    except NotesError:
        return
    assert [note.number for note in notes] == list(range(1, len(notes) + 1))
    for note in notes:
        first, last = note.span
        assert 0 <= first < last <= len(source)
        assert not source[first].isspace()
        assert note.text == note.text.strip()
        assert (note.stated is None) == (note.stated_span is None)
        if note.stated_span:
            assert first <= note.stated_span[0] < note.stated_span[1] <= last
    for before, after in pairwise(notes):
        assert before.span[1] <= after.span[0]
        assert before.line <= after.line


@given(st.lists(st.sampled_from(["the tide", "a bell", "é lock"]), min_size=1, max_size=6))
def test_a_time_written_where_a_note_says_is_read_back_as_its_time(words: list[str]) -> None:
    source = "".join(f"- {each}\n" for each in words)
    notes = read_notes(source)
    for note in reversed(notes):
        stamp = f"[{note.number}:00](https://x.org/a.mp3#t={note.number * 60}) "
        source = source[: note.span[0]] + stamp + source[note.span[0] :]
    again = read_notes(source)
    assert [(note.text, note.stated) for note in again] == [(note.text, note.number * 60.0) for note in notes]

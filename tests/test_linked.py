"""Linked notes out again: not a character of the author's changed, and every form for players."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chapters import json_chapters
from playhead.errors import InvalidQueryError, NotesError
from playhead.linked import FORMS, as_chapters, as_dict, correct, in_notes
from playhead.linking import Linked
from playhead.model import Time
from playhead.notes import NotesFormat, read_notes
from playhead.notes_lint import Finding
from playhead.shownotes import Alternative, LinkedNote
from tests.archive import LOCKS

EPISODE, TRANSCRIPT, _ = LOCKS
MARK = re.compile(r"\[\d+:\d\d(?::\d\d)?\]\(https://longrun\.example/12\.mp3#t=\d+\) ")


def linked(source: str, *starts: float | None, written: NotesFormat = "markdown") -> Linked:
    """Notes of which the first are talked about at these seconds, the others every minute from 100 s on."""
    notes = read_notes(source, written)
    found = []
    for place, note in enumerate(notes):
        start = starts[place] if place < len(starts) else 100.0 + 60 * place
        turn = TRANSCRIPT.turns[4]
        other = Alternative(171.0, Time(171.0, None, "stamp", 4.0), 0.125, 6, TRANSCRIPT.turns[6].span)
        found.append(
            LinkedNote(note, confidence=0.75)
            if start is None
            else LinkedNote(
                note, start, Time(start, None, "stamp", 4.0), 0.9, "Grace Okoye", None, 4, turn.span, (other,)
            )
        )
    return Linked(EPISODE, TRANSCRIPT, source, written, tuple(found))


def test_a_link_stands_before_each_note_and_nothing_else_is_changed() -> None:
    source = (
        "# Notes\r\n\r\n1. **Locks** and [tea](https://tea.example)  \r\n\t- Nobody says this\r\n* \tBiased counts\r\n"
    )
    assert in_notes(linked(source, 5.0, 112.0, None, 3723.5)) == (
        "# [0:05](https://longrun.example/12.mp3#t=3) Notes\r\n\r\n"
        "1. [1:52](https://longrun.example/12.mp3#t=110) **Locks** and [tea](https://tea.example)  \r\n"
        "\t- Nobody says this\r\n"
        "* \t[1:02:03](https://longrun.example/12.mp3#t=3721) Biased counts\r\n"
    )


PIECES = st.sampled_from(
    "- |* |1. |## |> |\n|\n\n|\r\n|**|`|[a](https://a.example)|tide|rope| |\t|é|東京|\U0001f600|<b>|&amp;|\\*|***\n"
    "|```\n|![](x.png)|locks and keys".split("|")
) | st.just("| a | b |\n")


@given(st.lists(PIECES, min_size=1, max_size=30).map("".join))
def test_without_the_links_the_notes_are_the_author_s_byte_for_byte(source: str) -> None:
    try:
        notes = linked(source)
    except NotesError:
        return
    written = in_notes(notes)
    assert MARK.sub("", written) == source
    timed = [each for each in notes.notes if each.note.stated is None]
    assert len(MARK.findall(written)) == len(timed)


def test_a_time_that_stands_there_already_stays_and_gets_no_other_beside_it() -> None:
    source = "* 1:35 Locks\n* Keys\n"
    assert in_notes(linked(source, 112.0, None)) == source


def test_html_gets_links_of_html_and_plain_text_the_time_alone() -> None:
    page = linked("<ul>\n<li>Locks &amp; keys</li></ul>", 112.0, written="html")
    assert in_notes(page) == (
        '<ul>\n<li><a href="https://longrun.example/12.mp3#t=110">1:52</a> Locks &amp; keys</li></ul>'
    )
    assert in_notes(linked("Locks\n\nKeys", 112.0, None, written="text")) == "1:52 Locks\n\nKeys"


def test_without_sound_a_link_leads_to_our_page_and_no_address_ends_it_early() -> None:
    silent = replace(EPISODE, audio_url=None)
    notes = replace(linked("- Locks", 112.0), episode=silent)
    assert in_notes(notes, "https://a.example") == "- [1:52](https://a.example/episodes/the-long-run/12?t=110) Locks"
    odd = replace(EPISODE, audio_url="https://a.example/(one) two.mp3")
    assert "(https://a.example/%28one%29%20two.mp3#t=110) Locks" in in_notes(replace(notes, episode=odd))


def test_json_says_for_each_note_when_how_sure_and_where_else() -> None:
    notes = linked("- [Locks](https://locks.example)\n- 63:00 Keys", 112.0, None)
    finding = Finding("wrong_time", "63:00 is after the end.", notes.notes[1].note)
    answer = json.loads(json.dumps(as_dict(notes, [finding], "https://a.example")))
    first, second = answer["notes"]
    assert (first["text"], first["start"], first["timestamp"], first["confidence"]) == ("Locks", 112.0, "1:52", 0.9)
    assert (first["speaker"], first["urls"], first["mentioned"]) == ("Grace Okoye", ["https://locks.example"], True)
    assert first["links"]["play"] == "https://longrun.example/12.mp3#t=110"
    assert first["links"]["read"] == "https://a.example/episodes/the-long-run/12?t=110"
    assert first["said"].startswith("Nobody likes the answer.")
    assert [(each["timestamp"], each["confidence"]) for each in first["alternatives"]] == [("2:51", 0.125)]
    assert (second["start"], second["mentioned"], second["links"], second["stated"]) == (None, False, None, "1:03:00")
    assert answer["findings"] == [
        {"kind": "wrong_time", "message": "63:00 is after the end.", "note": 2, "line": 2}
        | dict.fromkeys(("time", "turn", "said", "links"))
    ]


def test_chapters_are_the_notes_that_are_talked_about_in_order_of_time() -> None:
    notes = linked("- Keys\n- [Locks](https://locks.example)\n- 0:05 Hello\n- Nothing", 300.0, 112.0, 100.0, None)
    chapters = as_chapters(notes)
    assert [(each.number, each.title, each.start, each.url) for each in chapters] == [
        (1, "Hello", 5.0, None),
        (2, "Locks", 112.0, "https://locks.example"),
        (3, "Keys", 300.0, None),
    ]
    back = json_chapters.parse(FORMS["json-chapters"].write(notes, ""))
    assert [(each.title, each.start, each.url) for each in back.chapters] == [
        (each.title, each.start, each.url) for each in chapters
    ]


def test_every_form_for_players_is_written() -> None:
    notes = linked("- Hello\n- Locks\n- Keys", 0.0, 112.0, 300.0)
    assert FORMS["youtube"].write(notes, "") == "0:00 Hello\n1:52 Locks\n5:00 Keys\n"
    assert FORMS["psc"].write(notes, "").count("<psc:chapter ") == 3
    assert FORMS["ffmetadata"].write(notes, "").count("[CHAPTER]") == 3
    assert FORMS["vtt"].write(notes, "").count("-->") == 3
    assert json.loads(FORMS["json"].write(notes, ""))["notes"][1]["timestamp"] == "1:52"
    assert FORMS["markdown"].write(notes, "") == in_notes(notes)


def test_youtube_gets_an_opening_at_zero_and_is_told_what_else_is_wrong() -> None:
    assert FORMS["youtube"].write(linked("- Locks\n- Keys", 112.0, 300.0), "").startswith("0:00 Intro\n1:52 Locks\n")
    with pytest.raises(InvalidQueryError, match=r"first must start at 0:00.*“Locks”, starts at 0:04.*, lasts 5"):
        FORMS["youtube"].write(linked("- Locks\n- Keys\n- Doors", 4.0, 9.0, 300.0), "")


def test_a_time_that_was_set_by_hand_goes_before_all_others() -> None:
    notes = linked("- Locks\n- **[1:03:00](#t=3780)** Keys\n- Doors\n- Bells", 112.0, 200.0, 250.0, None)
    fixed = correct(notes, {1: None, 2: 95.0, 4: 171.5})
    assert [each.start for each in fixed.notes] == [None, 95.0, 250.0, 171.5]
    assert in_notes(fixed).splitlines() == [
        "- Locks",
        "- [1:35](https://longrun.example/12.mp3#t=94) Keys",
        "- [4:10](https://longrun.example/12.mp3#t=248) Doors",
        "- [2:51](https://longrun.example/12.mp3#t=171) Bells",
    ]
    assert [each.title for each in as_chapters(fixed)] == ["Keys", "Bells", "Doors"]
    assert [(each.confidence, each.speaker) for each in fixed.notes[1:4:2]] == [(1.0, "Ada Moss"), (1.0, "Grace Okoye")]
    assert [other.start for other in fixed.notes[0].alternatives] == [112.0, 171.0]


def test_notes_that_nobody_talks_about_make_no_chapters() -> None:
    assert as_chapters(linked("- Locks\n- Keys", None, None)) == ()

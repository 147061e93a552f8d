"""What is said of a file in no format that is known: what it resembles, and what it would take."""

from __future__ import annotations

import pytest

from ingest.formats import Format, known, weigh
from ingest.guesses import nearest
from playhead.errors import UnknownFormatError
from tests.pace import within


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "a.vtt",
            "00:00:01:12 --> 00:00:02:00\nFrames are nobody's captions.\n",
            "nearest is subrip: it has lines with -->, but not times that can be read around it, or webvtt",
        ),
        (
            "a.json",
            '{"segments": [{"start_time": 0, "text": "Ahoy.", "end_time": 3}]}',
            "whisper: it has segments, segments[].text, but not language, segments[].end, "
            "segments[].start (is segments[].start_time that?)",
        ),
        ("a.json", '{"segments": [{"start_time": 0}]}', 'is written so: {"segments": [{"speaker": "Ada", "startTime"'),
        ("a.txt", "Mara: Ahoy.\n", "nearest is named_turns: it has names and a colon before the words"),
        ("a.txt", "Once upon a time.", "it has no times, no names before the words, no captions; files ending in .txt"),
        ("a.xml", "<tt><body><q>Ahoy.</q></body></tt>", "it has <body>, <q>, <tt>, as none has; files ending in .xml"),
        ("a.ini", "[harbour]\nrope = 3\n", "what can be read ends in .atom, "),
    ],
)
def test_an_unknown_file_is_told_by_its_content_what_it_is_nearest_to_and_what_is_missing(
    name: str, text: str, says: str
) -> None:
    with pytest.raises(UnknownFormatError) as raised:
        weigh(text, name)
    assert str(raised.value).startswith(f"{name}: this is in no format that is known; ")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("chosen", [each for each in known() if each.example], ids=lambda each: each.name)
def test_the_shortest_file_of_a_format_is_nearest_to_that_format(chosen: Format) -> None:
    best = nearest(chosen.example, [(each.name, each.example) for each in known() if each.example])
    assert chosen.name in [guess.name for guess in best if guess.alike == best[0].alike]
    assert best[0].alike == 1.0


@pytest.mark.parametrize(
    "piece", ["1:", "00:00:00 ", "**a", "<a", '{"a":[', "a:", "(", "0:00 --> ", "-->", "_", "*", " ", "a" * 90]
)
def test_guessing_takes_no_time_whatever_the_text(piece: str) -> None:
    with within(1):
        nearest(piece * (1_000_000 // len(piece)), [(each.name, each.example) for each in known()])
        nearest(f"{piece * 50}\n" * 5_000, [(each.name, each.example) for each in known()])


@pytest.mark.parametrize(
    "text",
    [
        "10:01:22 From Mara Quill : is it high?\n10:03:40 From Ojo Bassey : it is\n10:07:02 From Mara Quill : when?\n",
        "10:01:22\t From  Mara Quill  to  Everyone : is it high?\n10:01:40\t From  Ojo Bassey : it is\n",
        "2024-05-14 10:01:22 From Mara Quill to Everyone:\n\tis it high?\n",
        "00:01:22\tMara Quill:\tis it high?\n00:01:40\tOjo Bassey:\tit is\n00:04:01\tMara Quill:\twhen?\n",
    ],
)
def test_what_was_typed_into_a_chat_is_not_taken_for_what_was_said(text: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"^chat\.txt: this is a chat of Zoom, typed and not said"):
        weigh(text, "chat.txt")

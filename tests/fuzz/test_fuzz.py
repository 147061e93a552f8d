"""No bytes make a reader do anything but read them, or say in one clear line why not; and no word is ever made up."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import read
from playhead.errors import TranscriptError
from playhead.text import clean
from tests.fuzz.mutations import mutate
from tests.fuzz.targets import REFUSALS, SAMPLES, TARGETS, Target, attempt, text_of
from tests.pace import within

SECONDS = 2.0
"""Of the processor, for a file of a few kilobytes: what is not linear shows."""

_NAMES = [f"{path.parent.name}/{path.name}" for path in SAMPLES]
_NO_LETTER = re.compile(r"[\W\d_]+")
_TAG = re.compile(r"<[^<>]{0,200}>")
_SWALLOWING = re.compile(r"<[a-zA-Z/!?][^>]{0,400}>")
"""A tag that lost its end takes the next one with it, as HTML has it."""
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=600))
def test_arbitrary_bytes_are_read_or_refused_in_one_line(target: Target, data: bytes) -> None:
    attempt(target, data)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@settings(max_examples=40, deadline=None)
@given(sample=st.sampled_from(SAMPLES), seed=seeds)
def test_a_good_file_after_accidents_is_read_or_refused_in_one_line_and_soon(
    target: Target, sample: Path, seed: int
) -> None:
    data = mutate(sample.read_bytes(), Random(seed))
    with within(SECONDS):
        attempt(target, data)


def letters(text: str) -> str:
    """What a text says without its marks and what nobody sees."""
    return _NO_LETTER.sub("", clean(text)).casefold()


def ways_to_read(text: str) -> list[str]:
    """The letters of a text as they stand, as JSON and as HTML mean them, and without what stands in brackets."""
    meant = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    bare, swallowed = _TAG.sub("", meant), _SWALLOWING.sub("", meant)
    ways = (meant, unescape(meant), unescape(unescape(meant)), bare, unescape(bare), swallowed, unescape(swallowed))
    return [letters(each) for each in ways]


def made_up(data: bytes) -> list[str]:
    """Words of the transcript in these bytes that stand nowhere in them."""
    text = text_of(data)
    try:
        transcript = read(text, "a").transcript
    except REFUSALS:
        return []
    there = ways_to_read(text)
    said = set(re.findall(r"[^\W\d_]{3,}", transcript.text)) if transcript else ()
    return [word for word in said if not any(letters(word) in each for each in there)]


@pytest.mark.parametrize("sample", SAMPLES, ids=_NAMES)
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_no_accident_makes_a_reader_say_a_word_that_is_not_there(sample: Path, seed: int) -> None:
    good = sample.read_bytes()
    joined = set(made_up(good))  # what engines write in pieces, with JSON between them
    if joined:
        return
    data = mutate(good, Random(seed))
    try:
        assert made_up(data) == []
    except REFUSALS:
        return  # after this accident it is no text at all


def test_every_reader_of_a_file_is_a_target() -> None:
    """And a sample of each is there for the accidents to begin with."""
    assert {path.parent.name for path in SAMPLES} == {
        name.removeprefix("format-") for name in TARGETS if name.startswith("format-")
    }


def test_the_same_seed_makes_the_same_accident() -> None:
    good = SAMPLES[0].read_bytes()
    assert mutate(good, Random(7)) == mutate(good, Random(7)) != good


# What was found


def test_captions_none_of_which_has_a_time_are_refused_and_do_not_break_the_reader() -> None:
    with pytest.raises(TranscriptError, match="not one spoken word"):
        read('{"wireMagic": "pb3", "events": [{"segs": [{"utf8": "The tide is in."}]}]}', "a.json3")


def test_a_key_of_several_lines_is_named_on_one() -> None:
    said = attempt(TARGETS["file"], b'[{"speakers": 1, "en\n\x1b[31md": 2, "' + b"k" * 4_000 + b'": 3}]')
    assert said is not None
    assert "\x1b" not in said
    assert len(said) < 1_000


def test_a_value_of_several_lines_is_shown_on_one() -> None:
    reading = read("---\ntitle: Tides\nlanguage: en\noffset: soon\n\n  or late\n---\n**Mara:** Ahoy.\n", "a.md")
    assert [each.message for each in reading.problems] == ["offset is no number of seconds: soon or late"]


def test_a_problem_is_one_line_whatever_it_repeats() -> None:
    reading = read('{"wireMagic": 1, "events": [{"segs": [{"utf8": "The tide\\nis \\u001b[2Jin."}]}, '
                   '{"tStartMs": 1, "segs": [{"utf8": "Ahoy."}]}]}', "a.json3")  # fmt: skip
    assert [each.message for each in reading.problems] == ["caption 1 has no time: The tide is \\x1b[2Jin."]

"""A time is read and written in one place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.timestamps import parse, parse_frames, write, write_precise


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0:00", 0.0),
        ("04:15", 255.0),
        ("1:02:03", 3723.0),
        ("1:02:03.5", 3723.5),
        ("00:00:03,250", 3.25),
        ("75:10", 4510.0),
        ("100:08", 6008.0),
        ("95", 95.0),
        ("95.5s", 95.5),
        ("1h2m3s", 3723.0),
        ("2m", 120.0),
        ("npt:12", 12.0),
        (" 1:00 ", 60.0),
    ],
)
def test_a_time_is_read_in_every_way_people_write_it(written: str, seconds: float) -> None:
    assert parse(written) == pytest.approx(seconds)


@pytest.mark.parametrize("written", ["", "soon", "1:75", "1:75:00", "1:2:3:4", "-1:00", "1:00 pm", "٣:٠٠:", "1" * 400])
def test_what_is_no_time_is_none_and_never_zero(written: str) -> None:
    assert parse(written) is None


def test_a_fraction_of_a_transcript_counts_frames_thirty_to_the_second() -> None:
    assert parse_frames("00:08:17", "20") == pytest.approx(497 + 20 / 30)
    assert parse_frames("00:08:17", None) == 497
    assert parse_frames("00:99", "1") is None


def test_a_written_time_is_never_later_than_the_time() -> None:
    assert [write(seconds) for seconds in (-1, 0, 59.999, 3599.9, 3600, 36000)] == [
        "0:00", "0:00", "0:59", "59:59", "1:00:00", "10:00:00",
    ]  # fmt: skip


def test_milliseconds_are_rounded_and_carried() -> None:
    assert write_precise(59.9996) == "00:01:00.000"
    assert write_precise(3723.25, comma=True) == "01:02:03,250"


@given(st.integers(0, 359_999_999))
def test_what_is_written_precisely_is_read_back_to_the_millisecond(milliseconds: int) -> None:
    assert parse(write_precise(milliseconds / 1000)) == pytest.approx(milliseconds / 1000, abs=1e-6)


@given(st.integers(0, 359_999))
def test_what_is_written_is_read_back(seconds: int) -> None:
    assert parse(write(seconds)) == seconds


@given(st.text(max_size=30))
def test_no_text_makes_reading_a_time_fail(written: str) -> None:
    seconds = parse(written)
    assert seconds is None or seconds >= 0

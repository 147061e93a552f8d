"""What can be asked, and what cannot is said clearly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import InvalidQueryError
from playhead.query import Filters, Query


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("  \n ", "empty"),
        ("\u200b\ufeff", "empty"),
        ("?!… —", "no words"),
        ("x" * 10_000, "10,000 characters"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(text: str, says: str):
    with pytest.raises(InvalidQueryError, match=says) as refused:
        Query(text)
    assert refused.value.parameter == "q"


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 51}, "limit"),
        ({"offset": -1}, "cursor"),
        ({"mode": "magic"}, "mode"),
        ({"filters": Filters(since=date(2024, 2, 1), until=date(2024, 1, 1))}, "since"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(arguments: dict, parameter: str):
    with pytest.raises(InvalidQueryError) as refused:
        Query("jit", **arguments)
    assert refused.value.parameter == parameter


def test_a_question_is_cleaned_before_it_is_asked():
    assert Query("  why\x00 is\n\u202eit   slower ").text == "why is it slower"


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ('who said "free as in beer"', ("free as in beer",)),
        ('"one" two "Three, four"? "one"', ("one", "Three, four")),
        ("“curly ones” and „low ones“ and « their own »", ("curly ones", "low ones", "their own")),
        ('("in brackets")', ("in brackets",)),
        ('"not closed', ()),
        ('an empty "" one and " ?! "', ()),
        ('a 5" disk and a 3" disk', ()),
        ('צה"ל או ארה"ב', ()),
    ],
)
def test_what_stands_in_quotes_must_be_said(text: str, phrases: tuple[str, ...]):
    query = Query(text)
    assert query.filters.phrases == phrases
    assert replace(query, offset=10).filters == query.filters


@given(st.text(max_size=200))
def test_any_text_is_a_question_that_can_be_written_down_or_is_refused(text: str):
    try:
        query = Query(text)
    except InvalidQueryError:
        return
    assert query.text
    assert query.text == " ".join(query.text.split())
    query.text.encode()

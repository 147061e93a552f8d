"""JSON with the places of its things, and its outline before it is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.documents import outline, read_json
from playhead.errors import TranscriptError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5), st.sampled_from([None, 1]))
def test_an_object_is_read_as_the_standard_library_reads_it(value: dict[str, object], indent: int | None):
    text = json.dumps(value, indent=indent)
    document = read_json(text)
    lists = {name: [item.value for item in items] for name, items in document.lists.items()}
    assert document.values | lists == value
    for items in document.lists.values():
        for item in items:
            assert json.loads(text[slice(*item.span)]) == item.value


@given(st.lists(VALUES, max_size=5))
def test_a_list_is_the_items_of_a_document_without_a_name(value: list[object]):
    assert [item.value for item in read_json(json.dumps(value)).lists[""]] == value


def test_a_key_knows_its_line():
    document = read_json('{"a": [\n {\n  "b": 1,\n  "c": 2\n }\n]}')
    (item,) = document.lists["a"]
    assert [document.line(item, key) for key in ("b", "c", "missing")] == [3, 4, 2]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1\n "b": 2}', 2),
        ('{"a": [1\n 2]}', 2),
        ('{"a"\n 1}', 1),
        ('{"a": 1}\n{"a": 1}', 2),
        ('"only text"', 1),
        ('{"a": ', 1),
        ("{a: 1}", 1),
        ("", 1),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(text: str, line: int):
    with pytest.raises(TranscriptError) as raised:
        read_json(text)
    assert raised.value.message.startswith("this is not JSON: ")
    assert raised.value.line == line


@pytest.mark.parametrize("text", ['{"a": ' + "[" * 200_000, '{"a": ' + "1" * 5000 + "}"])
def test_json_that_is_too_much_is_refused(text: str):
    with pytest.raises(TranscriptError, match="nested too deeply, or holds a number too long"):
        read_json(text)


def test_a_comma_too_many_does_no_harm():
    assert [item.value for item in read_json('{"a": [1, 2, ], }').lists["a"]] == [1, 2]


def test_an_outline_is_not_deceived_by_what_a_text_says():
    assert outline('{"text": "\\"segments\\": [{\\"start\\": 1}]", "language": "en"}') == {"text", "language"}


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5), st.integers(0, 400))
def test_an_outline_of_a_part_is_a_part_of_the_outline(value: dict[str, object], cut: int):
    text = json.dumps(value)
    assert outline(text[:cut]) <= outline(text)


@given(VALUES, st.sampled_from([None, 1]))
def test_an_object_inside_another_is_a_document_with_the_places_of_the_whole(value: object, indent: int | None):
    text = json.dumps({"first": {"list": [value]}, "second": [{"list": [value]}, value]}, indent=indent)
    whole = read_json(text)
    for inner in (whole.within("first"), whole.opened(whole.lists["second"][0])):
        (item,) = inner.lists["list"]
        assert item.value == value
        assert json.loads(text[slice(*item.span)]) == value


def test_what_is_no_object_opens_as_an_empty_document():
    whole = read_json('{"text": "no", "list": ["no"]}')
    for inner in (whole.within("text"), whole.within("missing"), whole.opened(whole.lists["list"][0])):
        assert (inner.values, inner.lists) == ({}, {})


def test_a_line_inside_is_counted_from_the_top_of_the_file():
    inner = read_json('{\n"a": {\n"b": [\n{"c": 1}]}}').within("a")
    assert inner.line(inner.lists["b"][0], "c") == 4

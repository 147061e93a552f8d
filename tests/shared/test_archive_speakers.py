"""The labels of 1,457 real transcripts: whom they name, and that none is split, merged or taken for a person."""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path

import pytest

from ingest.files import read_text
from ingest.formats import read
from ingest.likeness import alike
from playhead.text import clean
from playhead.voices import marker, voice

pytestmark = pytest.mark.shared

LABEL = re.compile(r"^\*\*([^*\n]{1,80}?):\*\* ", re.MULTILINE)


@pytest.fixture(scope="module")
def texts(shared: Path) -> list[str]:
    return [read_text(path) for path in sorted((shared / "changelog").glob("*/*.md"))]


@pytest.fixture(scope="module")
def labels(texts: list[str]) -> Counter[str]:
    transcripts = [read(text, "archive.md").transcript for text in texts]
    return Counter(turn.speaker for each in transcripts if each for turn in each.turns if turn.speaker)


def test_no_marker_of_a_break_is_somebody_who_speaks(labels: Counter[str]) -> None:
    assert [label for label in labels if marker(label)] == []


def test_no_label_is_split_on_its_comma(texts: list[str], labels: Counter[str]) -> None:
    with_comma = {clean(html.unescape(label)) for text in texts for label in LABEL.findall(text) if "," in label}

    assert with_comma
    assert with_comma <= labels.keys()
    assert not {part.strip() for label in with_comma for part in label.split(",")} & labels.keys() - {"Mireille Reece"}


def test_few_labels_are_no_people_and_each_of_them_says_so(labels: Counter[str]) -> None:
    kinds = {kind: sorted(label for label in labels if voice(label) == kind) for kind in ("anonymous", "recording")}

    assert kinds["anonymous"] == ["Audience member"]
    assert len(kinds["recording"]) == 20
    told = re.compile(r"(?i)clip|#\d+$|recording|jingle|commercial|\bad\b|theme|extract")
    assert [label for label in kinds["recording"] if not told.search(label)] == []


def test_names_that_look_alike_are_few_enough_to_be_looked_at(labels: Counter[str]) -> None:
    people = [label for label, _ in labels.most_common() if voice(label) == "person"]

    pairs = {frozenset((one, other)) for one, other, _ in alike(people)}

    assert frozenset(("Horse JS", "HorseJS")) in pairs
    assert len(pairs) <= 10

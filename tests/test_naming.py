"""Names in a library: given by hand, kept through every ingest, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pysqlite3 import dbapi2 as sqlite

from ingest.folders import find
from ingest.naming import rename_all
from ingest.pipeline import Added, Unchanged, ingest
from ingest.speakers import Speakers
from ingest.speakers_file import parse
from playhead.errors import DamagedError
from playhead.library import Library, open_library
from playhead.model import Person, Segment
from playhead.query import EVERYTHING, Filters, Query
from playhead.settings import Settings
from tests.doubles import HashingEmbedder

ENGINES = """WEBVTT

00:00:02.000 --> 00:00:06.500
<v SPEAKER_00>How do you know that the engine has stopped, without a gauge?

00:00:06.500 --> 00:00:14.000
<v SPEAKER_01>Put a hand on the boiler. When it stops trembling, it has stopped working.
"""

LOOMS = """**Gehard Lazu:** \\[00:04\\] Welcome to Notes. Today looms and punched cards, and what they taught us.

**Mireille Reece, PsyD:** Punched cards are older than anybody thinks. I have a box of them.

**Clip from Notes #12:** The loom weaves patterns just as the loom weaves flowers and leaves.

**Gerhard Lazu:** That is what I meant to say all along, and she said it better than me.
"""

TEAPOTS = "**Bo Lindqvist:** \\[00:03\\] Nothing in this one concerns anybody else; it is about teapots alone.\n"

NAMES = """
[[speaker]]
name = "Gerhard Lazu"
aliases = ["Gehard Lazu"]
role = "host"

[[speaker]]
name = "Ada Moss"
aliases = ["SPEAKER_00"]
episodes = ["notes/engines"]
"""


class Counting(HashingEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def passages(self, texts):
        self.asked.extend(texts)
        return super().passages(texts)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "engines.vtt").write_text(ENGINES, "utf-8")
    (folder / "looms.md").write_text(LOOMS, "utf-8")
    (folder / "teapots.md").write_text(TEAPOTS, "utf-8")
    return folder


@pytest.fixture
def embedder() -> Counting:
    return Counting()


@pytest.fixture
def library(tmp_path: Path, embedder: Counting) -> Iterator[Library]:
    opened = open_library(Settings(engine=f"embedded:{tmp_path}/index"), writing=True, embedder=embedder)
    yield opened
    opened.close()


def run(library: Library, notes: Path, text: str | None = None, **how: object) -> dict[str, type]:
    """Ingest with this file of speakers; what became of each episode."""
    speakers = None if text is None else parse(text, "speakers.toml")
    events = list(ingest(find([notes]), library, speakers=speakers, **how))  # type: ignore[arg-type]
    return {event.source.episode_id: type(event) for event in events[:-1]}  # type: ignore[union-attr]


def called(library: Library, episode: str) -> list[str | None]:
    return [turn.speaker for turn in library.view().transcript(episode).turns]


def segments(library: Library, episode: str) -> list[Segment]:
    view = library.view()
    every = np.ones(library.embedder.model.dimension, np.float32)
    numbers = view.nearest(every, Filters(episode=(episode,)), 99).numbers
    return sorted(view.segments(numbers.tolist()).values(), key=lambda segment: segment.ordinal)


def state(library: Library) -> list[object]:
    """All that is kept of every episode."""
    view = library.view()
    ids = [each.id for each in view.episodes(EVERYTHING)]
    return [(view.episode(each), view.transcript(each), segments(library, each)) for each in ids]


def test_an_ingest_names_speakers_and_keeps_what_the_transcript_calls_them(library: Library, notes: Path) -> None:
    run(library, notes, NAMES)

    assert called(library, "notes/engines") == ["Ada Moss", "SPEAKER_01"]
    assert [turn.label for turn in library.view().transcript("notes/engines").turns] == ["SPEAKER_00", None]
    assert called(library, "notes/looms") == [
        "Gerhard Lazu", "Mireille Reece, PsyD", "Clip from Notes #12", "Gerhard Lazu",
    ]  # fmt: skip


def test_a_name_is_what_is_searched_shown_and_filtered_by(library: Library, notes: Path) -> None:
    run(library, notes, NAMES)

    found = library.search(Query("engine gauge", filters=Filters(speaker=("ada moss",))))

    assert [each.segment.speakers[0] for each in found.excerpts] == ["Ada Moss"]
    assert "Ada Moss: How do you know" in found.excerpts[0].segment.passage
    assert found.facets["speaker"] == [("Ada Moss", 1)]
    assert library.search(Query("engine gauge", filters=Filters(speaker=("SPEAKER_00",)))).excerpts == ()


def test_a_facet_offers_people_and_within_one_episode_the_anonymous_too(library: Library, notes: Path) -> None:
    run(library, notes)

    everywhere = library.search(Query("engine loom teapot"))
    in_one = library.search(Query("engine", filters=Filters(episode=("notes/engines",))))

    assert {name for name, _ in everywhere.facets["speaker"]} == {
        "Gehard Lazu", "Gerhard Lazu", "Mireille Reece, PsyD", "Bo Lindqvist",
    }  # fmt: skip
    assert {name for name, _ in in_one.facets["speaker"]} == {"SPEAKER_00", "SPEAKER_01"}


def test_only_the_episodes_that_a_changed_file_concerns_are_named_again(
    library: Library, notes: Path, embedder: Counting
) -> None:
    run(library, notes, "")
    embedder.asked.clear()

    assert run(library, notes, NAMES) == {
        "notes/engines": Added,
        "notes/looms": Added,
        "notes/teapots": Unchanged,
    }
    assert not [passage for passage in embedder.asked if "teapots" in passage]
    assert set(run(library, notes, NAMES).values()) == {Unchanged}


def test_a_role_that_changes_is_a_change_and_embeds_nothing(library: Library, notes: Path, embedder: Counting) -> None:
    run(library, notes, NAMES)
    embedder.asked.clear()

    changed = run(library, notes, NAMES.replace('"host"', '"guest"'))

    assert [episode for episode, what in changed.items() if what is Added] == ["notes/looms"]
    assert library.view().episode("notes/looms").people == (Person("Gerhard Lazu", "guest", None, "speakers"),)
    assert {each.name: each.role for each in library.view().speakers(EVERYTHING)}["Gerhard Lazu"] == "guest"
    assert embedder.asked == []


@pytest.mark.parametrize("how", [{}, {"rebuild": True}, {"jobs": 2}, {"rebuild": True, "jobs": 2}])
def test_names_survive_every_way_of_ingesting_again(library: Library, notes: Path, how: dict[str, object]) -> None:
    run(library, notes, NAMES)
    before = state(library)

    run(library, notes, NAMES, **how)

    assert state(library) == before


def test_names_survive_a_transcript_that_changes(library: Library, notes: Path) -> None:
    run(library, notes, NAMES)
    (notes / "engines.vtt").write_text(ENGINES.replace("gauge", "dial"), "utf-8")

    assert run(library, notes, NAMES)["notes/engines"] is Added
    assert called(library, "notes/engines") == ["Ada Moss", "SPEAKER_01"]
    assert "dial" in library.view().transcript("notes/engines").text


def test_without_a_file_names_stay_as_they_are_even_when_a_transcript_changes(library: Library, notes: Path) -> None:
    run(library, notes, NAMES)
    before = state(library)
    (notes / "looms.md").write_text(LOOMS.replace("Welcome", "Welcome back"), "utf-8")

    assert run(library, notes, None)["notes/looms"] is Added
    assert called(library, "notes/looms")[0] == "Gerhard Lazu"
    assert library.view().episode("notes/looms").people == (Person("Gerhard Lazu", "host", None, "speakers"),)
    run(library, notes, None, rebuild=True)
    (notes / "looms.md").write_text(LOOMS, "utf-8")
    run(library, notes, None)
    assert state(library) == before


def test_an_emptied_file_takes_every_name_back(library: Library, notes: Path) -> None:
    run(library, notes, "")
    before = state(library)
    run(library, notes, NAMES)
    assert state(library) != before

    run(library, notes, "# nothing yet\n")

    assert state(library) == before


def test_words_that_come_without_labels_keep_the_names_and_the_labels_they_had(library: Library, notes: Path) -> None:
    run(library, notes, NAMES)
    (notes / "engines.vtt").write_text(ENGINES.replace("<v SPEAKER_00>", "").replace("<v SPEAKER_01>", ""), "utf-8")

    run(library, notes, NAMES)
    assert called(library, "notes/engines") == ["Ada Moss", "SPEAKER_01"]

    run(library, notes, "")
    assert called(library, "notes/engines") == ["SPEAKER_00", "SPEAKER_01"]


def test_a_library_is_named_without_its_sources(library: Library, notes: Path, embedder: Counting) -> None:
    run(library, notes, NAMES)
    by_ingest = state(library)
    run(library, notes, "")
    for file in notes.iterdir():
        file.unlink()
    embedder.asked.clear()

    changed = [each.episode.id for each in rename_all(library, parse(NAMES, "speakers.toml"))]

    assert sorted(changed) == ["notes/engines", "notes/looms"]
    assert state(library) == by_ingest
    assert len(embedder.asked) == 2  # one passage each
    assert list(rename_all(library, parse(NAMES, "speakers.toml"))) == []
    assert library.search(Query("engine", filters=Filters(speaker=("Ada Moss",)))).excerpts


def test_naming_that_was_stopped_goes_on_where_it_was(library: Library, notes: Path) -> None:
    run(library, notes, "")
    naming = rename_all(library, parse(NAMES, "speakers.toml"))
    first = next(naming).episode.id
    naming.close()

    assert [each.episode.id for each in rename_all(library, parse(NAMES, "speakers.toml"))] == [
        ({"notes/engines", "notes/looms"} - {first}).pop()
    ]


@pytest.mark.parametrize("how", [{}, {"rebuild": True}])
@pytest.mark.parametrize("damage", ["text = replace(text, 'Punched', 'Launched')", "turns = substr(turns, 2)"])
def test_an_ingest_names_a_damaged_transcript_from_its_file_and_mends_it(
    library: Library, notes: Path, tmp_path: Path, damage: str, how: dict[str, object]
) -> None:
    run(library, notes, NAMES)
    by_ingest = state(library)
    run(library, notes, "")
    connection = sqlite.connect(str(tmp_path / "index" / "library.sqlite"))
    connection.executescript(f"UPDATE transcripts SET {damage}")  # noqa: S608
    connection.close()
    with pytest.raises(DamagedError, match="damaged in notes/"):
        list(rename_all(library, parse(NAMES, "speakers.toml")))

    run(library, notes, NAMES, **how)

    assert state(library) == by_ingest


def test_people_that_a_source_states_stay_beside_those_known_by_hand(library: Library, notes: Path) -> None:
    run(library, notes, "")
    view = library.view()
    looms = view.episode("notes/looms")
    stated = Person("Gehard Lazu", "engineer", "https://notes.example/gerhard", "feed")
    library.add(replace(looms, people=(stated,)), view.transcript("notes/looms"), segments(library, "notes/looms"))
    without_role = NAMES.replace('role = "host"', "")

    list(rename_all(library, parse(without_role, "x")))
    assert library.view().episode("notes/looms").people == (
        Person("Gerhard Lazu", "engineer", "https://notes.example/gerhard", "speakers"),
        stated,
    )
    list(rename_all(library, Speakers()))
    assert library.view().episode("notes/looms").people == (stated,)

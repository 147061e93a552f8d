"""An archive's times are checked against themselves: each is hidden once and told by the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from defusedxml import ElementTree

from ingest.figures import by_distance, by_source, plot, summarise
from ingest.folders import find
from ingest.hiding import THINNED, Told, check
from ingest.pipeline import ingest
from ingest.scribe import Scribe
from playhead.library import open_library
from playhead.model import Transcript
from playhead.settings import Settings
from playhead.timestamps import write
from tests.doubles import HashingEmbedder

SENTENCE = "The seven little captains never counted all the harbours on a rainy winter morning."
PACE = 6.0


def talk(stamped: dict[int, float], turns: int = 40, rests: tuple[int, ...] = ()) -> Transcript:
    """Equal turns by two people, with times before some and breaks before others."""
    scribe = Scribe()
    for number in range(turns):
        if number in rests:
            scribe.rest("break")
        scribe.turn(("Ada", "Grace")[number % 2])
        if number in stamped:
            scribe.stamp(stamped[number], line=number)
        scribe.say(SENTENCE)
    return scribe.transcript()


def even(*turns: int, late: float = 0.0) -> dict[int, float]:
    return {turn: 30 + PACE * turn + late for turn in turns}


def seconds_off(transcript: Transcript) -> list[float]:
    return [round(each.off, 1) for each in check(transcript)[0]]


def test_a_steady_voice_is_told_to_the_second() -> None:
    first, *inner, last = seconds_off(talk(even(0, 10, 20, 30)))

    assert inner == pytest.approx([0, 0], abs=0.3)
    # Three gaps are needed to know a pace, and without an end there are two.
    assert (first, last) == pytest.approx((0, 0), abs=6)


def test_a_time_that_is_hidden_helps_nobody_to_tell_it() -> None:
    """A stamp written twelve seconds late is told twelve seconds earlier than it says."""
    early = seconds_off(talk({**even(0, 10, 30, 39), **even(20, late=12)}))

    assert early[2] == pytest.approx(-12, abs=1.5)


def test_two_times_alone_cannot_tell_each_other() -> None:
    assert check(talk(even(0, 20))) == ([], [])


def test_the_first_time_after_a_break_is_told_apart() -> None:
    told, _ = check(talk({**even(0, 10), **even(20, 30, 39, late=90)}, rests=(20,)))

    assert [each.after_break for each in told] == [False, False, True, False, False]
    assert set(by_source(told)) == {"all", "interpolated", "across_break", "extrapolated", "after_break"}


def test_of_captions_one_time_in_four_minutes_is_kept_and_the_rest_told() -> None:
    scribe = Scribe()
    for number in range(60):
        scribe.cue(10.0 * number, 10.0 * number + 9, SENTENCE)
    told, _ = check(scribe.transcript())

    assert len(told) == 60 - 3
    assert set(by_source(told)) == {"captions"}
    between = [each for each in told if each.time.source == "interpolated"]
    assert max(each.distance for each in between) == THINNED / 2
    assert [each.off for each in between] == pytest.approx([0] * 46, abs=1)


def test_figures_are_of_the_distance_between_stated_and_told() -> None:
    told, _ = check(talk({**even(0, 10, 30, 39), **even(20, late=8)}))
    figures = summarise(told)
    far = [abs(each.off) for each in told]

    assert (figures.times, figures.median) == (5, sorted(far)[2])
    assert figures.p90 <= figures.p95 <= max(far)
    assert figures.covered == sum(each.is_covered for each in told) / 5
    assert sum(each.times for each in by_distance(told).values()) == 5


def test_there_are_no_figures_of_nothing() -> None:
    with pytest.raises(ValueError, match="no times"):
        summarise([])


def test_the_picture_is_an_svg_with_a_box_for_every_distance() -> None:
    told: list[Told] = check(talk(even(*range(0, 40, 4))))[0] + check(talk(even(0, 15, 39)))[0]
    bands = by_distance(told)
    drawn = ElementTree.fromstring(plot(bands, "Errors of <my> show"))
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]

    assert len(bands) > 1
    assert set(bands) < set(texts)
    assert "Errors of <my> show" in texts
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}rect"))) == 1 + len(bands)


def markdown(stamped: dict[int, float]) -> Iterator[str]:
    for turn in range(40):
        time = f"[{write(stamped[turn])}] " if turn in stamped else ""
        yield f"**{('Ada', 'Grace')[turn % 2]}:** {time}{SENTENCE}"


@pytest.fixture
def library(tmp_path: Path):
    """Ingest transcripts by their names and times; the folder of the index."""

    def make(**episodes: dict[int, float]) -> Path:
        (tmp_path / "show").mkdir()
        for name, stamped in episodes.items():
            (tmp_path / "show" / f"{name}.md").write_text("\n\n".join(markdown(stamped)), "utf-8")
        place = tmp_path / "index"
        kept = open_library(Settings(engine=f"embedded:{place}"), writing=True, embedder=HashingEmbedder())
        for _ in ingest(find([tmp_path / "show"]), kept):
            pass
        kept.close()
        return place

    return make


def test_the_whole_library_is_checked_and_drawn(playhead, library, tmp_path: Path) -> None:
    index = library(calm=even(0, 10, 20, 30), hasty={**even(0, 10, 30, 39), **even(20, late=12)}, silent={})
    code, out, _ = playhead("timecheck", "--index", index, "--plot", tmp_path / "errors.svg")

    assert code == 0
    assert out.startswith("2 episodes with times to check, 1 without")
    assert out.index("show/hasty") < out.index("show/calm")
    assert ElementTree.parse(tmp_path / "errors.svg").getroot().get("role") == "img"


def test_one_episode_can_be_checked_by_a_program(playhead, library) -> None:
    index = library(calm=even(0, 10, 20, 30), other=even(0, 10, 20))
    code, out, _ = playhead("timecheck", "show/calm", "--index", index, "--json")
    about = json.loads(out)

    assert (code, about["episodes"], list(about["by_episode"])) == (0, 1, ["show/calm"])
    assert about["by_source"]["all"]["times"] == 4
    assert about["by_source"]["all"]["p95"] < 6
    assert about["suspicious"] == []


def test_a_time_that_does_not_fit_is_named_with_its_line(playhead, library) -> None:
    index = library(wrong={**even(0, 10, 30, 39), 20: 3150.0})
    code, out, _ = playhead("timecheck", "--index", index)

    assert code == 0
    assert "show/wrong:41: the time 52:30 does not fit its neighbours" in out


def test_a_stamp_far_from_what_its_neighbours_say_is_suspicious(playhead, library) -> None:
    """A minute that nothing explains: a clip nobody marked, or both later stamps wrong."""
    index = library(gap={**even(0, 10), **even(20, 30, 39, late=100)})
    code, out, _ = playhead("timecheck", "--index", index, "--json")

    assert code == 0
    assert "would be" in json.loads(out)["suspicious"][0]["says"]


def test_a_library_without_times_is_told_so(playhead, library) -> None:
    code, out, err = playhead("timecheck", "--index", library(silent={}, brief=even(0, 20)))

    assert (code, out) == (1, "")
    assert "no transcript states three times or more" in err


def test_an_episode_that_is_not_there_is_named(playhead, library) -> None:
    code, _, err = playhead("timecheck", "show/other", "--index", library(calm=even(0, 10, 20)))

    assert code == 1
    assert "'show/other'" in err


def test_a_picture_that_cannot_be_written_is_named(playhead, library, tmp_path: Path) -> None:
    place = tmp_path / "nowhere" / "errors.svg"
    code, _, err = playhead("timecheck", "--index", library(calm=even(0, 10, 20)), "--plot", place)

    assert code == 4
    assert "errors.svg" in err
    assert "--plot" in err

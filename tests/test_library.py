"""Questions asked of a small library: filters, pages, folding, and honest absence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.folders import find
from ingest.pipeline import ingest
from playhead.errors import EmbeddingMismatchError, EngineError, InvalidQueryError, LockedError
from playhead.library import Library, open_library
from playhead.model import Chapter, Episode
from playhead.query import Filters, Query, Sort
from playhead.ranking import Weights
from playhead.settings import Settings
from tests.archive import Said, fill, record
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder

DEMO = ROOT / "data" / "transcripts"
EVERYTHING = Filters(sponsors=True)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("index")
    opened = open_library(Settings(engine=f"embedded:{place}"), writing=True, embedder=HashingEmbedder())
    for _ in ingest(find([DEMO]), opened):
        pass
    yield opened
    opened.close()


def test_an_excerpt_is_a_slice_of_the_stored_transcript(library: Library):
    for excerpt in library.search(Query("why is it slower", limit=20)).excerpts:
        transcript = library.view().transcript(excerpt.episode.id)
        assert transcript is not None
        assert transcript.said(excerpt.segment.span) == excerpt.segment.text
        assert excerpt.segment.text[slice(*excerpt.answer.span)] == excerpt.answer.text


def test_a_speaker_s_name_in_the_question_finds_what_they_say(library: Library):
    best = library.search(Query("Ines Varga on atomic counting")).excerpts[0]

    assert "Ines Varga" in best.segment.speakers


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
def test_every_mode_answers_with_its_own_evidence(library: Library, mode: str):
    best = library.search(Query("copy and patch", mode=mode)).excerpts[0]

    assert best.scores["words"] is None if mode == "meaning" else best.scores["words"] > 0
    assert best.scores["meaning"] is None if mode == "words" else True


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (Filters(podcast=("found-in-the-feed",)), lambda excerpt: excerpt.episode.podcast == "found-in-the-feed"),
        (Filters(speaker=("ines varga",)), lambda excerpt: "Ines Varga" in excerpt.segment.speakers),
        (Filters(chapter=("copy and patch",)), lambda excerpt: excerpt.segment.chapter_title == "Copy and patch"),
    ],
)
def test_every_excerpt_satisfies_the_filter(library: Library, filters: Filters, holds):
    excerpts = library.search(Query("how does it work", filters, limit=30)).excerpts

    assert excerpts
    assert all(holds(excerpt) for excerpt in excerpts)


def test_pages_follow_each_other_without_gaps_or_repeats(library: Library):
    whole = library.search(Query("python", limit=30))
    first = library.search(Query("python", limit=7))
    second = library.search(Query("python", limit=7, offset=first.next_offset or 0))

    ids = [excerpt.segment.id for excerpt in whole.excerpts]
    assert [excerpt.segment.id for excerpt in (*first.excerpts, *second.excerpts)] == ids[:14]


def test_the_last_page_says_that_it_is_the_last(library: Library):
    offset, pages = 0, 0
    while offset is not None and pages < 50:
        offset = library.search(Query("python", EVERYTHING, limit=10, offset=offset)).next_offset
        pages += 1

    assert offset is None
    assert pages == -(-library.view().size // 10)


def test_the_same_question_gets_the_same_answer(library: Library):
    def ask() -> list[str]:
        return [excerpt.segment.id for excerpt in library.search(Query("the lock")).excerpts]

    assert ask() == ask()


def test_an_answer_is_as_sure_whatever_page_it_stands_on(library: Library):
    def ask(**page: int) -> dict[str, tuple[float, float]]:
        found = library.search(Query("what did Ines Varga say about kettles", **page))
        return {each.segment.id: (each.confidence, each.score) for each in found.excerpts}

    whole = ask(limit=50)

    for page in ({"limit": 1}, {"limit": 5}, {"limit": 10, "offset": 20}):
        assert ask(**page).items() <= whole.items()


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
def test_every_mode_knows_that_it_has_an_answer(library: Library, mode: str):
    assert not library.search(Query("specializing adaptive interpreter switched off", mode=mode)).no_answer


def talks(place: Path, *lengths: int) -> Library:
    """A library of episodes on tea, each of so many passages."""
    return fill(
        place,
        [
            record(
                Episode(f"show/e{number}", "show", "Show", f"Tea {number}", chapters=(Chapter(1, "Talk"),)),
                [Said(1, "Ada", None, f"Tea, said word {number} {place} of {length}.") for place in range(length)],
            )
            for number, length in enumerate(lengths)
        ],
    )


def test_every_episode_shows_its_best_five_before_any_shows_its_next(tmp_path: Path):
    library = talks(tmp_path, 40, 7, 7, 7, 1)

    found = library.search(Query("tea", limit=21))
    owners = [each.episode.id for each in found.excerpts]

    assert Counter(owners) == {"show/e0": 5, "show/e1": 5, "show/e2": 5, "show/e3": 5, "show/e4": 1}
    for owner in owners:
        scores = [each.score for each in found.excerpts if each.episode.id == owner]
        assert scores == sorted(scores, reverse=True)
    library.close()


def test_what_an_episode_holds_back_is_counted_and_comes_on_a_later_page_or_when_the_episode_is_asked(tmp_path: Path):
    library = talks(tmp_path, 40, 7, 7, 7, 1)

    def ids(query: Query) -> list[str]:
        return [each.segment.id for each in library.search(query).excerpts]

    found = library.search(Query("tea", limit=21))
    last = min(each.score for each in found.excerpts)
    every = library.search(Query("tea", Filters(episode=("show/e0",)), limit=50))
    free = {
        each.segment.id: each.score
        for place in (0, 50)
        for each in library.search(Query("tea", limit=50, offset=place)).excerpts
    }

    assert len(free) == library.view().size == 62
    assert [
        page for size in (7, 10) for place in range(0, 62, size) for page in ids(Query("tea", limit=size, offset=place))
    ] == [*free, *free]
    assert len(every.excerpts) == 40
    assert every.held_back == {}
    shown = {each.segment.id for each in found.excerpts}
    better = [each for each in every.excerpts if each.segment.id not in shown and free[each.segment.id] > last]
    assert found.held_back["show/e0"] == len(better)
    library.close()


def test_an_advert_read_sixty_times_does_not_hide_the_other_answers(tmp_path: Path):
    advert = "Tea by Post sends tea, slowly, by post, to everybody who cannot wait for tea, so order tea today."
    others = [f"Episode {number} has its own thoughts on tea and {word}." for number, word in enumerate("abcdefghij")]
    said = [Said(1, "Ada", None, words) for words in [f"{advert} Reading {number}." for number in range(60)] + others]
    episode = Episode("show/tea", "show", "Show", "Tea", chapters=(Chapter(1, "Talk"),))
    library = fill(tmp_path, [record(episode, said)])

    found = library.search(Query("tea", limit=8))

    assert len(found.excerpts) == 8
    assert found.next_offset == 8
    assert len(library.search(Query("tea", limit=20)).excerpts) == 11
    library.close()


def test_facets_count_the_candidates(library: Library):
    found = library.search(Query("python"))

    assert found.faceted == sum(count for _, count in found.facets["podcast"])
    assert dict(found.facets["year"]).keys() == {"2025", "2026"}


@pytest.mark.parametrize(("sort", "sign"), [("newest", -1), ("oldest", 1)])
def test_by_date_what_seems_to_answer_follows_the_days_of_its_episodes(library: Library, sort: Sort, sign: int):
    best = library.search(Query("why is it slower", EVERYTHING, 50))
    dated = library.search(Query("why is it slower", EVERYTHING, 50, sort=sort))

    days = [each.episode.published for each in dated.excerpts]
    known = [day.toordinal() * sign for day in days if day]
    assert known == sorted(known)
    assert len(set(known)) > 1
    assert None not in days[: len(known)]
    assert all(each.confidence >= best.excerpts[0].confidence / 2 for each in dated.excerpts)
    assert len(dated.excerpts) < len(best.excerpts)


def test_by_date_pages_follow_each_other_and_end(library: Library):
    whole = library.search(Query("why is it slower", limit=50, sort="newest"))
    pages = [library.search(Query("why is it slower", limit=3, offset=at, sort="newest")) for at in (0, 3, 6)]

    assert [each.segment.id for page in pages for each in page.excerpts] == [
        each.segment.id for each in whole.excerpts[:9]
    ]
    assert whole.next_offset is None


@pytest.mark.parametrize(("given", "named"), [({"sort": "date"}, "sort"), ({"filters": Filters(kind=("ad",))}, "kind")])
def test_an_order_or_a_kind_that_is_none_is_named(given: dict[str, Any], named: str):
    with pytest.raises(InvalidQueryError, match=f"{named} is '") as raised:
        Query("why is it slower", **given)
    assert raised.value.parameter == named


def test_a_kind_of_chapter_can_be_asked_for_sponsors_too(library: Library):
    found = library.search(Query("tea", Filters(kind=("sponsor",))))

    assert {each.segment.kind for each in found.excerpts} == {"sponsor"}
    assert found.facets["kind"] == [("sponsor", found.faceted)]


def test_nothing_is_found_where_the_filters_leave_nothing(library: Library):
    found = library.search(Query("python", Filters(podcast=("no-such-show",))))

    assert (found.excerpts, found.no_answer, found.next_offset) == ((), True, None)


def test_a_phrase_in_quotes_is_said_by_every_result_of_every_page(library: Library):
    free = library.search(Query("the global lock", limit=50)).excerpts
    found = library.search(Query('why does "the lock" matter', limit=50)).excerpts

    assert all("the lock" in excerpt.segment.text.lower() for excerpt in found)
    assert 0 < len(found) < len(free)
    asked = 'why does "the lock" matter'
    paged = [library.search(Query(asked, limit=1, offset=place)).excerpts[0] for place in range(len(found))]
    assert [each.segment.id for each in paged] == [each.segment.id for each in found]


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
def test_a_phrase_that_nobody_says_has_no_answer(library: Library, mode: str):
    found = library.search(Query('why does "the lock matter in this very order" matter', mode=mode))

    assert (found.excerpts, found.no_answer, found.next_offset) == ((), True, None)


def test_a_question_about_something_else_has_no_answer(library: Library):
    assert library.search(Query("sourdough hydration percentage")).no_answer


def test_a_library_made_with_another_model_is_refused_until_it_is_embedded_anew(library: Library, tmp_path: Path):
    class Other(HashingEmbedder):
        model = HashingEmbedder.model.__class__("other", "0" * 64, 64)

    settings = Settings(engine=f"embedded:{tmp_path}")
    made = open_library(settings, writing=True, embedder=HashingEmbedder())
    list(ingest(find([DEMO / "found-in-the-feed"]), made))
    made.close()

    with pytest.raises(EmbeddingMismatchError, match=r"hashing-64.*other.*--rebuild"):
        open_library(settings, embedder=Other())
    anew = open_library(settings, writing=True, reembed=True, embedder=Other())
    anew.engine.publish()
    assert anew.engine.describe().model == Other.model
    assert anew.search(Query("lighthouse")).excerpts
    anew.close()


def test_a_second_writer_is_told_who_is_first(tmp_path: Path):
    settings = Settings(engine=f"embedded:{tmp_path}")
    first = open_library(settings, writing=True, embedder=HashingEmbedder())

    with pytest.raises(LockedError, match=str(tmp_path)):
        open_library(settings, writing=True, embedder=HashingEmbedder())
    first.close()
    open_library(settings, writing=True, embedder=HashingEmbedder()).close()


def test_a_folder_without_a_library_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(EngineError, match="playhead ingest"):
        open_library(Settings(engine=f"embedded:{tmp_path}/none"), embedder=HashingEmbedder())


def test_an_answer_says_where_its_time_went(library: Library):
    hybrid, words = (library.search(Query("why is it slower", mode=mode)) for mode in ("hybrid", "words"))

    assert list(hybrid.stages) == ["matching", "embedding", "nearest", "ranking", "reading", "excerpts"]
    assert "nearest" not in words.stages
    assert hybrid.took == pytest.approx(sum(hybrid.stages.values()))


def test_a_library_ranks_by_the_weights_it_is_given(library: Library):
    by_words = Library(library.engine, library.embedder, weights=Weights(0.0, 1.0, 0.0, 0.0, 0.0, 0.0))
    scores = [each.scores["words"] or 0.0 for each in by_words.search(Query("copy and patch")).excerpts]

    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)


def test_a_misspelt_word_finds_and_marks_what_is_meant_and_says_so(library: Library):
    meant, misspelt = (library.search(Query(asked)) for asked in ("Ines Varga on atomic counting", "atmoic counting"))
    best = misspelt.excerpts[0]

    assert meant.suggestion is None
    assert misspelt.suggestion == "atomic counting"
    assert "atomic" in {best.segment.text[slice(*span)].lower().split()[0] for span in best.highlights}


def test_how_sure_an_answer_is_rests_on_the_words_that_were_asked(library: Library):
    meant, misspelt = (library.search(Query(asked)) for asked in ("atomic counting", "atmoic counting"))

    assert misspelt.standing.covered < meant.standing.covered
    assert misspelt.excerpts[0].scores["coverage"] < 1.0


def test_by_meaning_no_word_is_put_in_place_of_another(library: Library):
    assert library.search(Query("atmoic counting", mode="meaning")).suggestion is None

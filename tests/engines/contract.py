"""What every engine must do. An engine joins by one test file: it supplies the `place` fixture and imports this suite.

`place` opens the same empty library again and again: ``place(writing=True)`` to write, ``place()`` to read.
Brute force over float16 is the oracle: an engine may be approximate only where it says so.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playhead.engine import Engine, Model, Passage, Receipt, Subscription, Vectors, View
from playhead.errors import EmbeddingMismatchError, EngineError, InputError
from playhead.library import Library
from playhead.model import (
    Break,
    Chapter,
    Edition,
    Episode,
    Person,
    Segment,
    Sentence,
    Speaker,
    Spoken,
    Stamp,
    Time,
    Transcript,
    Turn,
)
from playhead.query import EVERYTHING, Filters, Query
from tests.doubles import HashingEmbedder

DIMENSION = 24
MODEL = Model("a-small-model", "ab" * 32, DIMENSION)
SPEAKERS = ("Ada Quill", "Béla Ó Cuív", "Cy")
WORDS = "orchard kettle lantern harbour violin pepper granite compass meadow anchor saddle thimble".split()


class Place(Protocol):
    def __call__(self, *, writing: bool = False) -> Engine: ...


def unit(rows: np.ndarray) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def make(
    name: str = "show/one",
    passages: int = 6,
    *,
    seed: int = 0,
    published: date | None = date(2024, 3, 1),
    speakers: Sequence[str] = SPEAKERS,
    texts: Sequence[str] | None = None,
) -> tuple[Episode, Transcript, list[Segment], Vectors]:
    """An episode of our own words: chapters of two passages, every fifth passage a sponsor's."""
    random = np.random.default_rng([seed, *name.encode()])
    podcast = name.partition("/")[0]
    texts = texts or [" ".join(random.choice(WORDS, 8)) for _ in range(passages)]
    text = "\n\n".join(texts)
    segments, turns, at = [], [], 0
    for ordinal, said in enumerate(texts):
        speaker, span, chapter = speakers[ordinal % len(speakers)], (at, at + len(said)), ordinal // 2
        when = Time(10.0 * ordinal, 10.0 * ordinal + 9.5, "interpolated", 2.5)
        label = None if ordinal else "SPEAKER_00"
        turns.append(Turn(speaker, span, when, chapter, (at + 3, at + 3 + len(said)), label))
        segments.append(
            Segment(
                id=f"{name.replace('/', '-')}-{seed}-{ordinal}",
                episode=name,
                ordinal=ordinal,
                span=span,
                text=said,
                passage=f"Part {chapter}. {speaker}: {said}",
                first_turn=ordinal,
                last_turn=ordinal,
                time=when,
                turns=(Turn(speaker, (0, len(said)), when, chapter, label=label),),
                sentences=(Sentence((0, len(said)), when),),
                chapter=chapter,
                chapter_title=f"Part {chapter}",
                chapter_start=20.0 * chapter,
                kind="sponsor" if ordinal % 5 == 4 else "content",
            )
        )
        at += len(said) + 2
    episode = Episode(
        id=name,
        podcast=podcast,
        podcast_title=podcast.title(),
        title=f"About {name}",
        published=published,
        description="Ours.",
        page_url="https://example.org/one",
        audio_url="https://example.org/one.mp3",
        audio_file="/archive/caf\udce9/one.mp3",
        duration=61.5,
        language="en",
        chapters=(
            Chapter(1, "Part 0", 0.0, 20.0, "content", None, "page", (0, 40)),
            Chapter(2, "Break", kind="sponsor"),
        ),
        sources=("one.md",),
        fingerprint=f"print-{seed}",
        people=(Person("Ada Quill", "host", "https://example.org/ada", "feed"), Person("Cy")),
        offset=-12.5,
        editions=(Edition("Video", "https://example.org/video", 31.25),),
        drift=-3.5,
    )
    transcript = Transcript(
        text,
        tuple(turns),
        (Stamp(3, 12.5, 0.5, None, "stamp", 7),),
        (Break(9, "jingle", 30.0, None, 8),),
        (Sentence((0, 5), Time(0.0, 1.0, "cue", 0.2)),),
    )
    return episode, transcript, segments, unit(random.normal(size=(len(texts), DIMENSION)))


@pytest.fixture
def engine(place: Place) -> Engine:
    opened = place(writing=True)
    opened.use(MODEL)
    return opened


@pytest.fixture
def library(place: Place) -> Library:
    """An empty library over the engine, to ask whole questions of."""
    opened = place(writing=True)
    opened.use(HashingEmbedder.model)
    return Library(opened, HashingEmbedder())


Kept = tuple[View, list[tuple[Episode, Segment, Vectors]]]


def found(view: View, numbers: np.ndarray) -> list[str]:
    return [segment.id for segment in view.segments(numbers.tolist()).values()]


def by_words(view: View, words: str, filters: Filters = EVERYTHING, k: int = 100) -> list[str]:
    return found(view, view.matching(words, filters, k).alone.numbers)


def everything(view: View) -> list[str]:
    return sorted(found(view, view.nearest(unit(np.ones(DIMENSION)), EVERYTHING, 10_000).numbers))


def is_allowed(filters: Filters, episode: Episode, segment: Segment) -> bool:
    """The filters' own words (playhead/query.py), one segment at a time."""

    def folded(names: Sequence[str]) -> set[str]:
        return {name.casefold() for name in names}

    day = episode.published
    return (
        (not filters.podcast or episode.podcast in filters.podcast)
        and (not filters.episode or episode.id in filters.episode)
        and (not filters.speaker or bool(folded(filters.speaker) & folded(segment.speakers)))
        and (
            not filters.chapter
            or (segment.chapter_title or "").casefold() in folded(filters.chapter)
            or str(segment.chapter) in filters.chapter
        )
        and (filters.since is None or (day is not None and day >= filters.since))
        and (filters.until is None or (day is not None and day <= filters.until))
        and (not filters.kind or segment.kind in filters.kind)
        and (filters.sponsors or segment.kind != "sponsor")
    )


FILTERS = [
    Filters(
        podcast=podcast,
        episode=episode,
        speaker=speaker,
        chapter=chapter,
        since=since,
        until=until,
        kind=kind,
        sponsors=sponsors,
    )
    for podcast, episode, speaker, chapter, (since, until), (kind, sponsors) in itertools.product(
        [(), ("show",), ("show", "other"), ("nobody",)],
        [(), ("show/e3", "other/e4")],
        [(), ("ADA QUILL",), ("cy", "béla ó cuív"), ("Nobody",)],
        [(), ("part 1",), ("2", "Part 0"), ("99",)],
        [(None, None), (date(2024, 1, 20), None), (date(2024, 1, 5), date(2024, 2, 9))],
        [((), True), ((), False), (("sponsor", "intro"), False)],
    )
]


@pytest.fixture
def archive(engine: Engine) -> Kept:
    """Twelve episodes of two shows, one without a date, published; and everything in them for the oracle."""
    kept = []
    for number in range(12):
        name = f"{('show', 'other')[number % 2]}/e{number}"
        published = None if number == 7 else date(2024, 1, 1) + timedelta(days=7 * number)
        episode, transcript, segments, vectors = make(name, 11, published=published)
        engine.put(episode, transcript, segments, vectors)
        kept += [(episode, segment, vector) for segment, vector in zip(segments, vectors, strict=True)]
    engine.publish()
    return engine.view(), kept


def test_the_nearest_under_any_filter_are_those_of_brute_force(archive: Kept) -> None:
    view, kept = archive
    matrix = np.stack([vector for _, _, vector in kept]).astype(np.float16).astype(np.float32)
    random = np.random.default_rng(4)
    for filters in FILTERS:
        question = unit(random.normal(size=DIMENSION))
        cosines = matrix @ question
        allowed = [place for place, (episode, segment, _) in enumerate(kept) if is_allowed(filters, episode, segment)]
        for k in (1, 7, 1000):
            best = sorted(allowed, key=lambda place: -cosines[place])[:k]
            hits = view.nearest(question, filters, k)
            assert found(view, hits.numbers) == [kept[place][1].id for place in best], filters
            np.testing.assert_allclose(hits.scores, cosines[best], atol=1e-5)


def test_words_under_any_filter_find_all_and_only_what_is_allowed(archive: Kept) -> None:
    view, kept = archive
    for filters, word in zip(FILTERS, itertools.cycle(WORDS), strict=False):
        expected = {s.id for e, s, _ in kept if word in s.text and is_allowed(filters, e, s)}
        assert set(by_words(view, word, filters, 1000)) == expected, filters


NAMES = ("Ada Quill", "ADA QUILL", "Béla Ó Cuív", "Cy", "SPEAKER_00")
DAYS = tuple(date(2023, 12, 31) + timedelta(days=each) for each in (0, 1, 40, 366, 367))


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


ANY_FILTERS = st.builds(
    Filters,
    podcast=some("show", "other", "nobody"),
    episode=some("show/e0", "show/e1", "other/e2", "other/e99"),
    speaker=some("ada quill", "BÉLA Ó CUÍV", "Cy", "Nobody"),
    chapter=some("PART 0", "part 1", "2", "0", "99", "Part"),
    since=st.none() | st.sampled_from(DAYS[:3]),
    until=st.none() | st.sampled_from(DAYS[2:]),
    kind=some("content", "sponsor", "music"),
    sponsors=st.booleans(),
)
ANY_EPISODES = st.lists(
    st.tuples(
        st.sampled_from(("show", "other")),
        st.none() | st.sampled_from(DAYS),
        st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True), min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)


def fill_anew(library: Library, episodes: list[tuple[str, date | None, list[list[str]]]]) -> list[tuple]:
    """A library of just these episodes, each given as its podcast, its day, and who speaks in each passage."""
    for kept in library.view().episodes(EVERYTHING, 0, 1000):
        library.engine.remove(kept.id)
    pairs = []
    for number, (podcast, day, voices) in enumerate(episodes):
        episode, transcript, segments, _ = make(f"{podcast}/e{number}", len(voices), published=day)
        heard = [
            replace(segment, turns=tuple(Turn(name, (0, len(segment.text)), segment.time) for name in names))
            for segment, names in zip(segments, voices, strict=True)
        ]
        library.add(episode, transcript, heard)
        pairs += [(episode, segment) for segment in heard]
    library.engine.publish()
    return pairs


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY_EPISODES, ANY_FILTERS, st.sampled_from(WORDS), st.sampled_from((1, 3, 50)))
def test_of_any_library_all_that_any_filters_allow_comes_back_and_nothing_else(
    library: Library, episodes: list[tuple[str, date | None, list[list[str]]]], filters: Filters, word: str, k: int
) -> None:
    pairs = fill_anew(library, episodes)
    view = library.view()
    allowed = {segment.id: (episode, segment) for episode, segment in pairs if is_allowed(filters, episode, segment)}
    saying = {each for each, (_, segment) in allowed.items() if word in segment.text}

    near = view.nearest(library.embedder.question(word), filters, k)
    alone = view.matching(word, filters, k).alone
    for hits, right in ((near, set(allowed)), (alone, saying)):
        ids = found(view, hits.numbers)
        assert set(ids) <= right
        assert len(ids) == len(set(ids)) == min(k, len(right))

    for mode, right in (("meaning", set(allowed)), ("words", saying)):
        answer = library.search(Query(word, filters, k, mode=mode))  # type: ignore[arg-type]
        ids = [each.segment.id for one in answer.excerpts for each in (one, *one.duplicates)]
        assert set(ids) <= (right if mode == "meaning" else set(allowed))
        assert len(ids) == len(set(ids)) >= min(k, len(right))
        if answer.next_offset is None:
            assert set(ids) >= right
        if mode == "meaning":
            assert dict(answer.facets["podcast"]) == counts(episode.podcast for episode, _ in allowed.values())
            assert answer.faceted == len(allowed)

    counted = view.facets(view.nearest(library.embedder.question(word), filters, 1000).numbers)
    assert dict(counted["podcast"]) == counts(episode.podcast for episode, _ in allowed.values())
    assert dict(counted["year"]) == counts(str(e.published.year) for e, _ in allowed.values() if e.published)
    voices = [{name.casefold() for name in segment.speakers} for _, segment in allowed.values()]
    assert {name.casefold(): number for name, number in counted["speaker"]} == counts(itertools.chain(*voices))


def counts(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values))


def test_filters_add_nothing_to_the_score_of_words(archive: Kept) -> None:
    view, _ = archive
    free = view.matching("kettle harbour", EVERYTHING, 1000)
    chosen = view.matching("kettle harbour", Filters(podcast=("show",), since=date(2024, 1, 1), speaker=SPEAKERS), 1000)
    for all_hits, some_hits in ((free.alone, chosen.alone), (free.around, chosen.around)):
        scores = dict(zip(all_hits.numbers.tolist(), all_hits.scores.tolist(), strict=True))
        assert len(some_hits) > 0
        assert some_hits.scores.tolist() == pytest.approx([scores[number] for number in some_hits.numbers.tolist()])


def test_word_hits_come_best_first_and_no_more_than_asked_for(archive: Kept) -> None:
    view, _ = archive
    hits = view.matching("kettle violin granite", EVERYTHING, 5)
    for field in (hits.alone, hits.around):
        assert len(field) == 5
        assert field.numbers.dtype == np.int64
        assert field.scores.dtype == np.float32
        assert field.scores.tolist() == sorted(field.scores.tolist(), reverse=True)


def test_a_word_is_found_in_any_of_its_forms(engine: Engine) -> None:
    engine.put(*make(texts=["They were releasing naïve builds", "Nothing of the kind"]))
    engine.publish()
    for word in ("release", "RELEASES", "naive", "Building’s"):
        assert by_words(engine.view(), word) == ["show-one-0-0"]


def test_a_phrase_is_said_word_for_word_across_turns_and_whatever_its_marks(engine: Engine) -> None:
    texts = [
        "It was free, as in beer: naïve and slow.",
        "Free beer, as in: free.",
        "We said free\n\nAs in BEER.",
        "kettle",
    ]
    engine.put(*make(texts=texts))
    engine.put(*make("show/two", texts=["freely as in beers"]))
    engine.publish()
    view = engine.view()

    def saying(*phrases: str, word: str = "beer", k: int = 100) -> list[list[str]]:
        filters = replace(EVERYTHING, phrases=phrases)
        near = view.nearest(unit(np.ones(DIMENSION)), filters, k).numbers
        words = view.matching(word, filters, k)
        assert len(words.alone) <= k >= len(words.around)
        return [sorted(found(view, numbers)) for numbers in (near, words.alone.numbers, words.around.numbers)]

    both = ["show-one-0-0", "show-one-0-2"]
    assert saying("free as in beer") == [both] * 3
    assert saying("free as in beer", word="kettle") == [both, [], ["show-one-0-2"]]
    assert saying("free as in beer", "naive AND slow") == [both[:1]] * 3
    assert saying("Part 0", "as in beer") == [[]] * 3, "a chapter's title is not said"
    assert saying("in as beer") == saying("nowhere at all") == [[]] * 3
    assert [len(ids) for ids in saying("free as in beer", k=1)] == [1, 1, 1]


def test_every_passage_that_says_a_phrase_comes_back_however_common_its_words(engine: Engine) -> None:
    common = ["it is what it was", "what is it", "is it what it is", "it is"] * 5
    for number in range(10):
        engine.put(*make(f"show/e{number}", texts=common))
    engine.put(*make("show/rare", texts=["well, it is what it is, kettle"]))
    engine.publish()
    view = engine.view()
    filters = replace(EVERYTHING, phrases=("It is what it is",))
    for k in (1, 5):
        assert found(view, view.nearest(unit(np.ones(DIMENSION)), filters, k).numbers) == ["show-rare-0-0"]
        assert by_words(view, "what is it", filters, k) == ["show-rare-0-0"]
    assert by_words(view, "what is it", replace(filters, podcast=("other",))) == []


def test_common_words_of_a_question_do_not_find_anything_unless_it_has_no_others(engine: Engine) -> None:
    engine.put(*make(texts=["what is it that you do", "the kettle"]))
    engine.publish()
    assert by_words(engine.view(), "What's the kettle?") == ["show-one-0-1"]
    assert "show-one-0-0" in by_words(engine.view(), "what is it")


@pytest.mark.parametrize(
    "words", ['"unclosed AND (', "alone:kettle OR *", "+-^~ kettle\\", "kettle " * 2000, "\0", "?!"]
)
def test_no_question_is_a_query_language(engine: Engine, words: str) -> None:
    engine.put(*make(texts=["the kettle", "a lantern"]))
    engine.publish()
    assert by_words(engine.view(), words) == (["show-one-0-0"] if "kettle" in words else [])


def test_two_neighbours_each_side_lend_a_passage_their_words_but_sponsors_do_not(engine: Engine) -> None:
    texts = ["zero", "one", "two", "three", "sponsored", "five", "six", "seven"]
    engine.put(*make(texts=texts))
    engine.put(*make("show/two", texts=["elsewhere"]))
    engine.publish()
    view = engine.view()

    def around(word: str) -> set[str]:
        numbers = view.matching(word, EVERYTHING, 100).around.numbers
        return {segment.text for segment in view.segments(numbers.tolist()).values()}

    assert around("three") == {"one", "two", "three", "five", "six"}
    assert around("sponsored") == {"sponsored"}
    assert around("zero") == {"zero", "one", "two"}
    assert around("elsewhere") == {"elsewhere"}


def test_what_is_put_is_found_after_the_next_publish_and_not_before(engine: Engine) -> None:
    engine.put(*make(texts=["kettle"]))
    assert by_words(engine.view(), "kettle") == []
    assert engine.describe().findable == 0
    assert engine.describe().segments == 1
    assert engine.publish() == engine.describe().revision
    assert by_words(engine.view(), "kettle") == ["show-one-0-0"]
    assert engine.describe().published == engine.describe().revision


def test_the_revision_rises_with_every_change_for_readers_too_and_with_nothing_else(
    engine: Engine, place: Place
) -> None:
    reader = place()
    for change in (
        lambda: engine.put(*make()),
        lambda: engine.put(*make(seed=1)),
        lambda: engine.reembed(MODEL, lambda passages: unit(np.ones((len(passages), DIMENSION)))),
        lambda: engine.remove("show/one"),
    ):
        before = engine.revision()
        change()
        assert engine.revision() == reader.revision() == engine.describe().revision > before
    before = engine.revision()
    engine.publish()
    engine.use(MODEL)
    assert not engine.remove("show/one")
    assert engine.revision() == reader.revision() == before


def test_a_feed_is_followed_until_it_is_forgotten_and_is_no_change_to_what_is_read(
    engine: Engine, place: Place
) -> None:
    before = engine.revision()
    engine.follow(Subscription("https://b.example/feed"))
    engine.follow(Subscription("https://a.example/feed", "Tides", '"1"', "Tue, 08 Oct 2024 10:00:00 GMT"))
    engine.follow(Subscription("https://b.example/feed", etag='"2"'))

    assert place().subscriptions() == [
        Subscription("https://a.example/feed", "Tides", '"1"', "Tue, 08 Oct 2024 10:00:00 GMT"),
        Subscription("https://b.example/feed", etag='"2"'),
    ]
    assert engine.unfollow("https://a.example/feed")
    assert not engine.unfollow("https://a.example/feed")
    assert [each.url for each in engine.subscriptions()] == ["https://b.example/feed"]
    assert engine.revision() == before


def test_a_receipt_holds_for_as_long_as_its_episode_is_kept_as_it_was(engine: Engine) -> None:
    episode, *rest = make()
    engine.put(episode, *rest)
    files = (("https://a.example/1.vtt", '"1"', None), ("https://a.example/1.json", None, None))
    receipt = Receipt("https://a.example/feed", "item 1", episode.id, episode.fingerprint, files)
    before = engine.revision()
    engine.file(replace(receipt, files=()))
    engine.file(receipt)
    engine.file(replace(receipt, item="item 2", fingerprint="another"))
    assert engine.revision() == before

    assert engine.receipts(receipt.feed) == [receipt]
    assert engine.receipts("https://b.example/feed") == []
    engine.put(episode, *rest)
    assert engine.receipts(receipt.feed) == [receipt]
    engine.put(replace(episode, fingerprint="read again"), *rest)
    assert engine.receipts(receipt.feed) == []
    engine.put(episode, *rest)
    engine.remove(episode.id)
    engine.put(episode, *rest)
    assert engine.receipts(receipt.feed) == []


def test_the_receipts_of_a_feed_are_those_of_its_last_visit_and_go_with_it(engine: Engine) -> None:
    episode, *rest = make()
    engine.put(episode, *rest)
    feed = "https://a.example/feed"
    first, second = (Receipt(feed, item, episode.id, episode.fingerprint, ()) for item in ("item 1", "item 2"))
    engine.follow(Subscription(feed))
    for receipt in (first, second):
        engine.file(receipt)
    engine.end_visit(feed)
    assert [each.is_of_this_visit for each in engine.receipts(feed)] == [False, False]

    engine.file(second)
    engine.file(replace(first, feed="https://b.example/feed"))
    engine.end_visit(feed)
    assert engine.receipts(feed) == [replace(second, is_of_this_visit=False)]
    assert engine.receipts("https://b.example/feed")[0].is_of_this_visit
    engine.unfollow(feed)
    assert engine.receipts(feed) == []


def test_publishing_nothing_new_changes_nothing(engine: Engine) -> None:
    engine.put(*make())
    assert engine.publish() == engine.publish() == engine.view().revision


def test_everything_put_comes_back_as_it_was(engine: Engine) -> None:
    episode, transcript, segments, vectors = make()
    engine.put(episode, transcript, segments, vectors)
    engine.publish()
    view = engine.view()
    assert view.episode(episode.id) == episode
    assert view.transcript(episode.id) == transcript
    assert [view.segment(segment.id) for segment in segments] == segments
    kept = view.vectors([segment.id for segment in segments])
    for segment, vector in zip(segments, vectors, strict=True):
        assert kept[segment.id].tolist() == vector.astype(np.float16).astype(np.float32).tolist()
    assert view.episode("show/none") is view.transcript("show/none") is view.segment("none") is None
    assert view.vectors(["none"]) == {}


def test_episodes_put_together_are_kept_as_those_put_in_turn(engine: Engine) -> None:
    before = [make("show/e0", seed=1), make("show/e1", seed=1)]
    engine.put_all(before)
    kept = [make(f"show/e{number}", 3 * number) for number in range(5)]
    engine.put_all([*kept, make("show/e4", seed=1), kept[4]])  # one of them three times: the last time it is
    engine.publish()

    view = engine.view()
    assert everything(view) == sorted(segment.id for _, _, segments, _ in kept for segment in segments)
    for episode, transcript, segments, vectors in kept:
        assert (view.episode(episode.id), view.transcript(episode.id)) == (episode, transcript)
        assert view.segments_of(episode.id) == segments
        back = view.vectors([segment.id for segment in segments])
        assert all(
            np.array_equal(back[each.id], row.astype(np.float16)) for each, row in zip(segments, vectors, strict=True)
        )
        for segment in segments:
            assert segment.id in by_words(view, segment.text)


def test_of_episodes_put_together_none_is_kept_in_part(engine: Engine) -> None:
    whole, spoiled = make("show/e1"), make("show/e2")
    with pytest.raises(ValueError, match="vectors of shape"):
        engine.put_all([whole, (*spoiled[:3], spoiled[3][:2])])
    with pytest.raises(ValueError, match="ids name one passage"):
        engine.put_all(
            [
                whole,
                (make("show/e3")[0], spoiled[1], [replace(each, episode="show/e3") for each in whole[2]], spoiled[3]),
            ]
        )
    engine.publish()
    view = engine.view()
    assert {episode.id for episode in view.episodes(EVERYTHING)} <= {"show/e1"}
    assert view.segments_of("show/e1") in ([], whole[2])
    assert everything(view) == sorted(segment.id for segment in view.segments_of("show/e1"))


def test_what_is_not_known_stays_unknown(engine: Engine) -> None:
    bare = Segment("bare", "show/bare", 0, (0, 4), "word", "word", 0, 0)
    episode = Episode("show/bare", "show", "Show", "Bare")
    engine.put(episode, Transcript("word", (Turn(None, (0, 4)),)), [bare], unit(np.ones((1, DIMENSION))))
    engine.publish()
    view = engine.view()
    assert view.segment("bare") == bare
    assert view.episode("show/bare") == episode
    assert view.facets(np.array(view.nearest(unit(np.ones(DIMENSION)), Filters(), 1).numbers)) == {
        "podcast": [("show", 1)],
        "speaker": [],
        "year": [],
        "kind": [("content", 1)],
    }


def test_hostile_text_is_only_text(engine: Engine) -> None:
    hostile = "a\0b'); DROP TABLE segments;-- \u202e😀 kettle"
    episode, transcript, segments, vectors = make(texts=[hostile], speakers=["Robert'); --\0"])
    engine.put(replace(episode, title=hostile), replace(transcript, text=hostile), segments, vectors)
    engine.publish()
    view = engine.view()
    assert view.segment(segments[0].id) == segments[0]
    assert view.transcript(episode.id).text == hostile
    assert by_words(view, "kettle", Filters(speaker=("robert'); --\0",))) == [segments[0].id]


def test_half_a_character_is_refused_and_nothing_is_kept(engine: Engine) -> None:
    episode, transcript, segments, vectors = make()
    with pytest.raises(InputError, match="half a character"):
        engine.put(episode, replace(transcript, text="\ud800"), segments, vectors)
    assert engine.describe().episodes == 0


def test_an_empty_episode_is_kept_and_finds_nothing(engine: Engine) -> None:
    episode, _, _, _ = make()
    engine.put(episode, Transcript("", ()), [], np.empty((0, DIMENSION), np.float32))
    engine.publish()
    assert engine.view().episode(episode.id) == episode
    assert everything(engine.view()) == []


def test_a_replaced_episode_is_found_by_its_new_words_alone(engine: Engine) -> None:
    engine.put(*make(texts=["kettle", "violin"]))
    engine.publish()
    engine.put(*make(seed=1, texts=["lantern"]))
    engine.publish()
    assert by_words(engine.view(), "kettle violin") == []
    assert by_words(engine.view(), "lantern") == ["show-one-1-0"]
    assert engine.describe().episodes == 1


def test_a_passage_that_stays_is_found_through_a_re_ingest(engine: Engine) -> None:
    episode, transcript, segments, vectors = make(texts=["kettle", "violin"])
    engine.put(episode, transcript, segments, vectors)
    engine.publish()
    before = engine.view()
    moved = replace(segments[1], ordinal=0)
    engine.put(episode, transcript, [moved], vectors[1:])
    assert by_words(before, "kettle violin") == ["show-one-0-1"]
    engine.publish()
    assert by_words(engine.view(), "kettle violin") == ["show-one-0-1"]
    assert (
        before.matching("violin", EVERYTHING, 1).alone.numbers
        == engine.view().matching("violin", EVERYTHING, 1).alone.numbers
    )


def test_a_number_is_never_used_twice(engine: Engine) -> None:
    engine.put(*make(texts=["kettle"]))
    engine.publish()
    before = engine.view()
    engine.remove("show/one")
    engine.put(*make("show/two", texts=["violin"]))
    assert by_words(before, "kettle") == []


def test_a_removed_episode_is_gone_at_once_and_for_good(engine: Engine) -> None:
    engine.put(*make(texts=["kettle"]))
    engine.put(*make("other/two", texts=["kettle"]))
    engine.publish()
    assert engine.remove("show/one")
    view = engine.view()
    assert by_words(view, "kettle") == ["other-two-0-0"]
    assert view.episode("show/one") is view.transcript("show/one") is view.segment("show-one-0-0") is None
    assert view.neighbours("show-one-0-0", 1, 1) == []
    assert [podcast.slug for podcast in view.podcasts()] == ["other"]
    engine.publish()
    assert engine.view().size == 1
    assert not engine.remove("show/one")


def test_a_library_can_be_emptied_and_filled_again(engine: Engine) -> None:
    engine.put(*make())
    engine.publish()
    engine.remove("show/one")
    engine.publish()
    assert everything(engine.view()) == []
    assert by_words(engine.view(), "kettle") == []
    engine.put(*make(texts=["kettle"]))
    engine.publish()
    assert by_words(engine.view(), "kettle") == ["show-one-0-0"]


def test_a_view_does_not_change_while_others_publish(engine: Engine) -> None:
    engine.put(*make(texts=["kettle", "violin"]))
    engine.publish()
    before = engine.view()
    question = unit(np.arange(1.0, DIMENSION + 1))
    hits, words = before.nearest(question, EVERYTHING, 10), before.matching("kettle", EVERYTHING, 10)
    for number in range(3):
        engine.put(*make(f"show/more{number}", texts=["kettle"] * 4))
        engine.publish()
    again = before.nearest(question, EVERYTHING, 10)
    assert (again.numbers.tolist(), again.scores.tolist()) == (hits.numbers.tolist(), hits.scores.tolist())
    assert before.matching("kettle", EVERYTHING, 10).alone.scores.tolist() == words.alone.scores.tolist()
    assert (before.size, engine.view().size) == (2, 14)
    assert before.revision < engine.view().revision


def test_a_view_finds_in_its_generation_and_reads_the_newest_truth(engine: Engine) -> None:
    episode, transcript, segments, vectors = make(texts=["kettle", "violin"])
    engine.put(episode, transcript, segments, vectors)
    engine.publish()
    before = engine.view()
    moved = replace(segments[1], ordinal=0, time=Time(99.0, 100.0, "stamp", 0.5))
    engine.put(replace(episode, title="Corrected", published=date(1999, 1, 1)), transcript, [moved], vectors[1:])
    engine.put(*make("show/two", texts=["kettle", "violin"]))
    engine.publish()
    number = before.matching("violin", EVERYTHING, 10).alone.numbers
    assert before.segments(number.tolist()) == {int(number[0]): moved}
    assert before.episode(episode.id).title == "Corrected"
    assert before.episodes(Filters(until=date(2000, 1, 1))) != []
    assert len(before.matching("violin", Filters(until=date(2000, 1, 1)), 10).alone) == 0
    assert found(before, before.matching("kettle", EVERYTHING, 10).alone.numbers) == []


def test_only_the_same_version_of_an_episode_is_had(engine: Engine) -> None:
    engine.put(*make())
    assert engine.has("show/one", "print-0")
    assert not engine.has("show/one", "print-1")
    assert not engine.has("show/two", "print-0")


def test_another_model_is_refused_and_the_message_says_which(engine: Engine) -> None:
    engine.put(*make())
    with pytest.raises(EmbeddingMismatchError, match=r"a-small-model.*another-model"):
        engine.use(Model("another-model", "cd" * 32, DIMENSION))
    engine.use(MODEL)
    assert engine.describe().model == MODEL


def test_an_empty_library_takes_another_model(engine: Engine) -> None:
    engine.put(*make())
    engine.publish()
    engine.remove("show/one")
    other = Model("another-model", "cd" * 32, 3)
    engine.use(other)
    engine.publish()
    assert engine.describe().model == other
    assert len(engine.view().nearest(unit(np.ones(3)), EVERYTHING, 5)) == 0


def test_a_library_embedded_anew_keeps_its_words_and_takes_the_new_vectors(engine: Engine) -> None:
    _, _, segments, _ = kept = make()
    engine.put(*kept)
    engine.publish()
    other = Model("another-model", "cd" * 32, 3)
    vectors = {segment.passage: unit(np.array([1.0, number, number**2])) for number, segment in enumerate(segments)}
    engine.reembed(other, lambda passages: np.stack([vectors[passage] for passage in passages]))
    engine.use(other)
    engine.publish()
    view = engine.view()
    for segment in segments:
        assert found(view, view.nearest(vectors[segment.passage], EVERYTHING, 1).numbers) == [segment.id]
    assert view.segment(segments[0].id) == segments[0]


def test_who_knows_both_models_asks_each_view_in_its_own(engine: Engine, place: Place) -> None:
    _, _, segments, vectors = kept = make()
    engine.put(*kept)
    engine.publish()
    other = Model("another-model", "cd" * 32, 3)
    anew = unit(np.array([[1.0, number, number**2] for number in range(len(segments))]))
    reader = place()
    reader.use(MODEL, other)
    before = reader.view()
    assert before.model == MODEL

    engine.reembed(other, lambda passages: anew[: len(passages)])
    engine.publish()
    wait_until(lambda: reader.view().model == other)
    after = reader.view()
    assert found(before, before.nearest(vectors[0], EVERYTHING, 1).numbers) == [segments[0].id]
    assert [found(after, after.nearest(each, EVERYTHING, 1).numbers) for each in anew] == [
        [each.id] for each in segments
    ]
    later = place()
    later.use(MODEL, other)
    assert later.view().model == other
    with pytest.raises(EmbeddingMismatchError):
        place().use(MODEL)


def test_a_library_that_cannot_be_embedded_anew_stays_as_it_was(engine: Engine) -> None:
    engine.put(*make())
    with pytest.raises(ValueError, match="vector"):
        engine.reembed(Model("another-model", "cd" * 32, 3), lambda passages: np.ones((len(passages), 2), np.float32))
    engine.use(MODEL)
    engine.publish()
    assert len(everything(engine.view())) == 6


def test_nothing_is_kept_before_the_model_is_known(place: Place) -> None:
    engine = place(writing=True)
    with pytest.raises(EngineError, match="use"):
        engine.put(*make())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda vectors: vectors[:-1],
        lambda vectors: vectors[:, :-1],
        lambda vectors: np.where(vectors > 0.3, np.nan, vectors),
        lambda vectors: vectors * 1e9,
    ],
    ids=["too few", "too short", "not a number", "infinite as float16"],
)
def test_vectors_that_do_not_fit_are_refused_and_nothing_is_kept(
    engine: Engine, spoil: Callable[[Vectors], Vectors]
) -> None:
    episode, transcript, segments, vectors = make()
    with pytest.raises(ValueError, match="vector"):
        engine.put(episode, transcript, segments, spoil(vectors))
    assert engine.describe().episodes == engine.describe().segments == 0


def test_a_segment_id_names_one_passage(engine: Engine) -> None:
    engine.put(*make())
    episode, transcript, segments, vectors = make("show/two")
    stolen = replace(segments[0], id="show-one-0-0")
    with pytest.raises(ValueError, match="show-one-0-0"):
        engine.put(episode, transcript, [stolen, *segments[1:]], vectors)
    assert engine.view().episode("show/two") is None


def test_a_question_of_another_length_is_refused(archive: Kept) -> None:
    view, _ = archive
    with pytest.raises(ValueError, match="vector"):
        view.nearest(np.ones(DIMENSION + 1, np.float32), EVERYTHING, 5)


def test_an_episode_is_found_by_its_title_and_its_people_though_nobody_says_them(engine: Engine) -> None:
    for name, title, guest in (("show/one", "Show 12: Tending bonsai", "Ngozi Okafor"), ("show/two", "Soup", "Cy")):
        episode, transcript, segments, vectors = make(name)
        engine.put(replace(episode, title=title, people=(Person(guest, "guest"),)), transcript, segments, vectors)
    engine.publish()
    view = engine.view()
    spoken = {segment.id for segment in make("show/one")[2] if segment.kind != "sponsor"}
    for asked in ("bonsai", "Okafor"):
        hits = view.matching(asked, EVERYTHING, 100)
        assert set(found(view, hits.around.numbers)) == spoken
        assert not len(hits.alone)
    for of_every_episode in ("show", "12"):
        assert not len(view.matching(of_every_episode, EVERYTHING, 100).around)


def test_all_segments_of_an_episode_are_read_in_order_of_speech(engine: Engine) -> None:
    kept = {name: make(name, passages) for name, passages in (("show/one", 13), ("show/two", 4))}
    for episode in kept.values():
        engine.put(*episode)
    view = engine.view()

    assert [view.segments_of(name) for name in kept] == [segments for _, _, segments, _ in kept.values()]
    assert view.segments_of("show/three") == []


def test_neighbours_come_in_order_of_speech_and_stop_at_the_episodes_ends(engine: Engine) -> None:
    engine.put(*make(texts=["0", "1", "2", "3", "4"]))
    engine.put(*make("show/two", texts=["5"]))
    view = engine.view()

    def texts(ordinal: int, before: int, after: int) -> list[str]:
        return [segment.text for segment in view.neighbours(f"show-one-0-{ordinal}", before, after)]

    assert texts(2, 1, 1) == ["1", "2", "3"]
    assert texts(0, 5, 0) == ["0"]
    assert texts(4, 2, 9) == ["2", "3", "4"]


def test_segments_come_in_the_order_they_are_asked_for(archive: Kept) -> None:
    view, _ = archive
    numbers = view.nearest(unit(np.ones(DIMENSION)), EVERYTHING, 20).numbers
    forwards = found(view, numbers)
    assert found(view, numbers[::-1]) == forwards[::-1]
    assert list(view.segments([7, 3])) == [7, 3]
    assert view.segments([]) == {}


def test_a_passage_is_what_its_segment_is_judged_by(archive: Kept) -> None:
    view, _ = archive
    wanted = view.nearest(unit(np.ones(DIMENSION)), EVERYTHING, 20).numbers.tolist()
    passages, segments = view.passages(wanted), view.segments(wanted)
    assert list(passages) == list(segments) == wanted
    for number, segment in segments.items():
        assert passages[number] == Passage(segment.id, segment.episode, segment.kind, segment.passage)
    assert view.passages([]) == {}


def test_a_word_that_is_said_nowhere_is_spelled_like_the_nearest_that_is(archive: Kept) -> None:
    view, _ = archive
    assert view.respell("a lantren by the harbor") == "a lantern by the harbour"
    assert view.respell("Lanter") == "lantern"
    assert view.respell("東京 ketle") == "東京 kettle"


def test_words_that_are_said_stay_as_they_are_and_so_do_those_like_none(archive: Kept) -> None:
    view, _ = archive
    for asked in ("lanterns of the orchards", "zeppelin", "hymn", "v12345", "", "東京"):
        assert view.respell(asked) == asked


def test_an_empty_library_respells_nothing(engine: Engine) -> None:
    assert engine.view().respell("a lantren") == "a lantren"


def test_episodes_of_tells_episodes_apart(archive: Kept) -> None:
    view, kept = archive
    numbers = view.nearest(unit(np.ones(DIMENSION)), EVERYTHING, len(kept)).numbers
    pairs = {
        (segment.episode, number)
        for segment, number in zip(
            view.segments(numbers.tolist()).values(), view.episodes_of(numbers).tolist(), strict=True
        )
    }
    assert len(pairs) == len({name for name, _ in pairs}) == len({number for _, number in pairs}) == 12


def test_places_tell_what_is_spoken_next_to_what(archive: Kept) -> None:
    view, kept = archive
    numbers = view.nearest(unit(np.ones(DIMENSION)), EVERYTHING, len(kept)).numbers
    places = view.places_of(numbers).tolist()
    spoken = {(segment.episode, segment.ordinal): place for segment, place in zip(
        view.segments(numbers.tolist()).values(), places, strict=True
    )}  # fmt: skip
    assert len(set(places)) == len(numbers)
    for (episode, ordinal), place in spoken.items():
        following = spoken.get((episode, ordinal + 1))
        assert following is None or following == place + 1


def test_an_episode_without_a_transcript_is_kept_and_counted_as_one_and_found_by_its_notes(engine: Engine) -> None:
    episode, _, segments, vectors = make("show/two", texts=["kettle lantern", "harbour"])
    notes = [replace(each, kind="notes", turns=(), time=Time(), first_turn=0, last_turn=-1) for each in segments]
    engine.put(*make(texts=["kettle", "harbour"]))
    engine.put(replace(episode, transcribed=False), Transcript("", ()), notes, vectors)
    engine.publish()

    view = engine.view()
    found = view.segments(view.matching("kettle", EVERYTHING, 10).alone.numbers.tolist()).values()

    assert {segment.id: segment.kind for segment in found} == {"show-one-0-0": "content", "show-two-0-0": "notes"}
    assert [segment for segment in found if segment.kind == "notes"] == [notes[0]]
    assert {each.id: each.transcribed for each in view.episodes(EVERYTHING)} == {"show/one": True, "show/two": False}
    assert (engine.describe().episodes, engine.describe().untranscribed) == (2, 1)


def test_episodes_come_newest_first_page_by_page_those_without_a_date_last(archive: Kept) -> None:
    view, kept = archive
    known = {episode.id: episode for episode, _, _ in kept}
    ordered = sorted(known.values(), key=lambda e: (e.published is None, -(e.published or date.min).toordinal(), e.id))
    pages = [view.episodes(EVERYTHING, offset, 5) for offset in range(0, 20, 5)]
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert [e.id for page in pages for e in page] == [e.id for e in ordered]
    assert pages[0][0] == replace(ordered[0], chapters=())


def test_episodes_without_a_date_are_counted_under_the_other_filters(archive: Kept) -> None:
    view, _ = archive
    assert view.undated(Filters(since=date(2024, 2, 1))) == 1
    assert view.undated(Filters(since=date(2024, 2, 1), podcast=("other",))) == 1
    assert view.undated(Filters(since=date(2024, 2, 1), podcast=("show",))) == 0


def test_episodes_and_speakers_obey_every_filter(archive: Kept) -> None:
    view, kept = archive
    for filters in FILTERS:
        allowed = [(e, s) for e, s, _ in kept if is_allowed(filters, e, s)]
        if filters.speaker or filters.chapter:
            expected = {e.id for e, _ in allowed}
        else:
            expected = {e.id for e, s, _ in kept if is_allowed(replace(filters, sponsors=True), e, s)}
        assert {e.id for e in view.episodes(filters, 0, 100)} == expected, filters
        counts = {name: sum(name in s.speakers for _, s in allowed) for name in SPEAKERS}
        heard = {each.name: each.segments for each in view.speakers(filters)}
        assert heard == {name: count for name, count in counts.items() if count}, filters


def test_speakers_come_most_first_page_by_page(engine: Engine) -> None:
    episode, *rest = make(speakers=["Ada", "Cy", "Ada"], texts=["a", "b", "c", "d"])
    engine.put(replace(episode, people=(Person("CY", "guest"),)), *rest)
    engine.put(*make("show/two", speakers=["ada", "Béla"], texts=["e", "f"]))
    everybody = [Speaker("Ada", 4, 2), Speaker("Béla", 1), Speaker("Cy", 1, role="guest")]
    assert engine.view().speakers(EVERYTHING) == everybody
    assert engine.view().speakers(EVERYTHING, 1, 1) == everybody[1:2]


def test_the_role_of_a_speaker_is_the_one_stated_of_most_episodes(engine: Engine) -> None:
    for name, roles in (("show/one", ["guest"]), ("show/two", ["host", "guest"]), ("show/three", ["host", None])):
        episode, *rest = make(name, speakers=["Ada"])
        engine.put(replace(episode, people=tuple(Person("Ada", role) for role in roles)), *rest)
    [ada] = engine.view().speakers(EVERYTHING)
    assert (ada.role, ada.episodes) == ("host", 3)
    [ada] = engine.view().speakers(Filters(episode=("show/one",)))
    assert (ada.role, ada.episodes) == ("guest", 1)


def test_an_anonymous_label_is_somebody_else_in_every_episode_and_a_recording_is_nobody(engine: Engine) -> None:
    for name in ("show/one", "show/two"):
        engine.put(*make(name, speakers=["SPEAKER_00", "Clip from The Long Run #12", "Ada"], texts=["a", "b", "c"]))
    heard = engine.view().speakers(EVERYTHING)
    assert [(each.name, each.episode) for each in heard] == [
        ("Ada", None),
        ("SPEAKER_00", "show/one"),
        ("SPEAKER_00", "show/two"),
    ]
    assert [each.is_anonymous for each in heard] == [False, True, True]


def test_what_is_said_is_counted_by_episode_name_and_label(archive: Kept) -> None:
    view, _ = archive
    filters = Filters(podcast=("other",), until=date(2024, 1, 9))
    assert sorted(view.spoken(filters), key=lambda each: (each.speaker, each.label or "")) == [
        Spoken("other/e1", "Ada Quill", None, 3, 24),
        Spoken("other/e1", "Ada Quill", "SPEAKER_00", 1, 8),
        Spoken("other/e1", "Béla Ó Cuív", None, 4, 32),
        Spoken("other/e1", "Cy", None, 3, 24),
    ]


def test_podcasts_are_listed_with_their_episodes_counted(archive: Kept) -> None:
    view, _ = archive
    assert [(p.slug, p.title, p.episodes) for p in view.podcasts()] == [("other", "Other", 6), ("show", "Show", 6)]


def test_facets_count_the_segments_they_are_given(archive: Kept) -> None:
    view, kept = archive
    numbers = view.nearest(unit(np.ones(DIMENSION)), EVERYTHING, 40).numbers
    chosen = set(found(view, numbers))
    pairs = [(e, s) for e, s, _ in kept if s.id in chosen]
    facets = view.facets(numbers)
    for facet, values in {
        "podcast": [e.podcast for e, _ in pairs],
        "speaker": [name for _, s in pairs for name in s.speakers],
        "year": [str(e.published.year) for e, _ in pairs if e.published],
        "kind": [s.kind for _, s in pairs],
    }.items():
        assert dict(facets[facet]) == {value: values.count(value) for value in values}
        assert [count for _, count in facets[facet]] == sorted((count for _, count in facets[facet]), reverse=True)
    assert view.facets(np.empty(0, np.int64)) == {"podcast": [], "speaker": [], "year": [], "kind": []}


def test_a_reader_sees_what_a_writer_publishes(engine: Engine, place: Place) -> None:
    reader = place()
    reader.use(MODEL)
    assert everything(reader.view()) == []
    engine.put(*make(texts=["kettle"]))
    engine.publish()
    wait_until(lambda: by_words(reader.view(), "kettle") == ["show-one-0-0"])
    engine.remove("show/one")
    assert by_words(reader.view(), "kettle") == []


def test_a_reader_writes_nothing(engine: Engine, place: Place) -> None:
    reader = place()
    for change in (lambda: reader.put(*make()), lambda: reader.remove("show/one"), reader.publish):
        with pytest.raises(EngineError, match="reading only"):
            change()


def test_everything_is_there_when_the_library_is_opened_again(engine: Engine, place: Place) -> None:
    engine.put(*make(texts=["kettle"]))
    engine.publish()
    engine.put(*make("show/two", texts=["kettle"]))  # kept, but its writer ends before it is published
    engine.close()
    assert sorted(by_words(place().view(), "kettle")) == ["show-one-0-0", "show-two-0-0"]


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)

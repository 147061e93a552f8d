"""Suggested chapters: where the talk turns to something else, what they are called, and that nobody stated them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.segmenting import split
from playhead.chaptering import LONGEST, SHORTEST, suggest, title
from playhead.model import Episode, Sentence, Time, Transcript, Turn
from playhead.suggestions import suggest_chapters
from tests.archive import LOCKS, fill
from tests.pace import within

EPISODE = Episode("harbour-talk/one", "harbour-talk", "Harbour Talk", "One", duration=1200.0)

TIDES = (
    "The tide rises twice a day because the moon pulls the sea. A spring tide is high when sun and moon pull as one."
)
ROPES = (
    "A wet rope slips off the cleat unless the hitch is doubled. Nylon rope stretches, and manila rope rots in salt."
)
BREAD = "Bread for the crew rises overnight in the galley oven. Sourdough needs flour, water and a warm corner to rise."


def talk(*turns: tuple[str, str], timed: bool = True) -> Transcript:
    """A transcript spoken at two and a half words a second."""
    text, kept, sentences, words = "", [], [], 0
    for speaker, said in turns:
        text += "\n\n" if text else ""
        first = len(text)
        for sentence in said.replace("? ", "?|").replace(". ", ".|").split("|"):
            begun = Time(words / 2.5, None, "cue") if timed else Time()
            place = len(text) + (1 if len(text) > first else 0)
            text += (" " if len(text) > first else "") + sentence
            sentences.append(Sentence((place, len(text)), begun))
            words += len(sentence.split())
        at = next(each.time for each in sentences if each.span[0] == first)
        kept.append(Turn(speaker, (first, len(text)), at))
    return Transcript(text, tuple(kept), sentences=tuple(sentences))


def on(subject: str, asked: str, turns: int = 4) -> list[tuple[str, str]]:
    """Some 190 words on one subject: Mara asks, Ojo answers."""
    return [("Mara Lindt", asked), *[("Ojo", f"{subject} {subject}")] * turns]


VOYAGE = talk(
    *on(TIDES, "Welcome to the harbour. What makes the tide?"),
    *on(ROPES, "Let's talk about ropes. Why does a wet rope slip?"),
    *on(BREAD, "And what does the crew eat? Bread?"),
)


def vectors_of(transcript: Transcript) -> tuple[list, np.ndarray]:
    """Its segments, and vectors that say which of the three subjects each is on."""
    segments = split(EPISODE, transcript, 60)
    telling = ("tide", "rope", "read")
    rows = np.array([[segment.text.count(word) for word in telling] for segment in segments], np.float32)
    return segments, rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-6)


def test_a_chapter_begins_where_the_talk_turns_to_something_else() -> None:
    chapters = suggest(EPISODE, VOYAGE, *vectors_of(VOYAGE))
    assert [VOYAGE.said(each.span)[:12] for each in chapters] == ["Welcome to t", "Let's talk a", "And what doe"]
    assert [each.number for each in chapters] == [1, 2, 3]
    titles = [each.title.casefold() for each in chapters]
    assert "tide" in titles[0]
    assert "rope" in titles[1]
    assert "crew" in titles[2]


def test_suggested_chapters_say_that_nobody_stated_them() -> None:
    assert {each.source for each in suggest(EPISODE, VOYAGE, *vectors_of(VOYAGE))} == {"suggested"}


def test_the_first_begins_with_the_recording_and_the_last_ends_with_it() -> None:
    chapters = suggest(EPISODE, VOYAGE, *vectors_of(VOYAGE))
    assert (chapters[0].start, chapters[-1].end) == (0.0, 1200.0)
    assert [each.end for each in chapters[:-1]] == [each.start for each in chapters[1:]]
    starts = {sentence.span[0]: sentence.time.start for sentence in VOYAGE.sentences}
    assert [each.start for each in chapters[1:]] == [starts[each.span[0]] for each in chapters[1:]]
    assert suggest(replace(EPISODE, duration=None), VOYAGE, *vectors_of(VOYAGE))[-1].end is None


def test_words_alone_do_where_the_index_has_nothing_yet() -> None:
    chapters = suggest(EPISODE, VOYAGE, [], np.empty((0, 3), np.float32))
    assert "Let's talk" in {VOYAGE.said(each.span)[:10] for each in chapters}


def test_what_has_no_times_gets_chapters_without() -> None:
    asked = ("Welcome to the harbour. What makes the tide?", "Let's talk about ropes. Why?")
    untimed = talk(*on(TIDES, asked[0]), *on(ROPES, asked[1]), timed=False)
    chapters = suggest(replace(EPISODE, duration=None), untimed, *vectors_of(untimed))
    assert len(chapters) == 2
    assert {(each.start, each.end) for each in chapters} == {(None, None)}


def test_a_chapter_begins_only_where_a_time_is_known() -> None:
    second = next(turn.span[0] for turn in VOYAGE.turns if VOYAGE.said(turn.span).startswith("Let's"))
    sentences = tuple(
        replace(each, time=Time()) if second <= each.span[0] < second + 60 else each for each in VOYAGE.sentences
    )
    chapters = suggest(EPISODE, replace(VOYAGE, sentences=sentences), *vectors_of(VOYAGE))
    assert second not in {each.span[0] for each in chapters}
    assert all(each.start is not None for each in chapters)


def test_a_short_talk_is_one_chapter_and_silence_none() -> None:
    short = talk(("Mara", "What makes the tide?"), ("Ojo", TIDES), ("Mara", "Let's talk about ropes."), ("Ojo", ROPES))
    assert len(suggest(EPISODE, short, *vectors_of(short))) == 1
    assert suggest(EPISODE, Transcript("", ()), [], np.empty((0, 3), np.float32)) == ()


def test_no_chapter_is_called_after_who_speaks() -> None:
    spoken = talk(*on(f"Mara Lindt, listen. Ojo, listen. Mara Lindt, hear this. {TIDES}", "Mara? Ojo?"))
    for chapter in suggest(EPISODE, spoken, *vectors_of(spoken)):
        assert not {"mara", "lindt", "ojo"} & set(chapter.title.casefold().replace(",", "").split())


def test_a_chapter_of_nothing_but_common_words_begins_with_them() -> None:
    assert title(["Yeah, I mean, you know, it is what it is."]) == ["Yeah, I mean, you know, it is what it is."]
    assert title(["So " * 40]) == [("So " * 20).strip() + " …"]


WORDS = st.sampled_from("tide moon rope hitch bread oven so what the ? . 潮 Mara let's talk about 12".split())


@given(st.lists(st.tuples(st.sampled_from(["Mara", "Ojo"]), st.lists(WORDS, min_size=1, max_size=120)), max_size=12))
def test_whatever_is_said_every_word_is_in_one_chapter(said: list[tuple[str, list[str]]]) -> None:
    transcript = talk(*[(speaker, " ".join(each)) for speaker, each in said])
    chapters = suggest(EPISODE, transcript, [], np.empty((0, 3), np.float32))
    spans = [each.span for each in chapters]
    assert all(one[1] < two[0] and not transcript.text[one[1] : two[0]].strip() for one, two in pairwise(spans))
    assert sum(len(transcript.said(span).split()) for span in spans) == len(transcript.text.split())
    assert all(each.title.strip() for each in chapters)
    starts = [each.start for each in chapters]
    assert starts == sorted(starts)


def test_a_day_of_talk_is_cut_in_seconds() -> None:
    day = talk(*(on(TIDES, "What makes the tide?") + on(ROPES, "Let's talk about ropes.")) * 100)
    segments, rows = vectors_of(day)
    with within(20):
        chapters = suggest(replace(EPISODE, duration=None), day, segments, rows)
    lengths = [len(day.said(each.span).split()) for each in chapters]
    assert min(lengths) >= SHORTEST
    assert max(lengths) <= LONGEST + 200


def test_what_an_episode_states_itself_is_never_mixed_in(tmp_path) -> None:
    episode, transcript, _ = LOCKS
    library = fill(tmp_path, [LOCKS])
    chapters = suggest_chapters(library.engine, episode, transcript)
    library.close()
    assert {each.source for each in chapters} == {"suggested"}
    assert not {each.title for each in chapters} & {each.title for each in episode.chapters}

"""Looking for a quote in a library: who really said it, where, and what is nearest where nobody did."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from playhead.engine import open_engine
from playhead.errors import NotFoundError
from playhead.library import Library
from playhead.model import Episode, Person
from playhead.quotes import Quote
from playhead.verifying import MOST_MATCHES, Verification, verify_quote
from tests.archive import EVERY, LOCKS, SILENT, Recorded, Said, fill, record

SAID = "every list and every dictionary now takes its own small lock"
CHORUS = record(
    Episode(id="night-shift/chorus", podcast="night-shift", podcast_title="Night Shift", title="Chorus"),
    [Said(0, f"Singer {number}", None, "We go round and round and home again.") for number in range(15)],
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = fill(tmp_path_factory.mktemp("index"), [*EVERY, SILENT, CHORUS])
    yield opened
    opened.close()


@pytest.fixture
def verify(library: Library):
    def verify(quote: str, **claims: str) -> Verification:
        return verify_quote(library, Quote(quote), claims.get("speaker"), claims.get("episode"))

    return verify


def test_a_match_is_a_slice_of_the_transcript_with_its_hash_and_its_place(library: Library, verify) -> None:
    found = verify("Every list, and every dictionary, now takes its own SMALL lock")
    [match] = found.matches
    text = library.view().transcript("the-long-run/12").text
    assert found.verdict == "verbatim"
    assert match.segment.text == SAID == text[slice(*match.segment.span)]
    assert match.sha256 == hashlib.sha256(SAID.encode()).hexdigest()
    assert match.context[slice(*match.within)] == SAID
    assert match.context.startswith("The free-threaded build is slower because")
    assert match.segment.speakers == ("Grace Okoye",)
    assert match.segment.turns[0].span == (0, len(SAID))
    assert match.segment.chapter_title == "Why one thread is slower"
    assert match.citation == "Grace Okoye, The Long Run: Threads without a lock, 1:53"


def test_the_second_is_that_of_the_sentence_it_begins_in(verify) -> None:
    [match] = verify("That is the whole bill").matches
    [earlier] = verify("Nobody likes the answer").matches
    assert match.segment.time.start > earlier.segment.time.start == 112.0
    assert match.links.play == f"https://longrun.example/12.mp3#t={int(match.segment.time.start - 3.05)}"


def test_a_quote_may_go_on_in_the_next_passage_and_with_the_next_speaker(verify) -> None:
    found = verify("That is the whole bill. And the bill shrinks?")
    [match] = found.matches
    assert found.verdict == "verbatim"
    assert match.segment.speakers == ("Grace Okoye", "Ada Moss")
    assert [match.segment.text[slice(*turn.span)] for turn in match.segment.turns] == [
        "That is the whole bill.",
        "And the bill shrinks?",
    ]
    assert (match.segment.first_turn, match.segment.last_turn) == (4, 5)


@pytest.mark.parametrize(("claimed", "agrees"), [("Grace Okoye", True), ("okoye", True), ("Ada Moss", False)])
def test_who_really_said_it_is_told(verify, claimed: str, agrees: bool) -> None:
    found = verify(SAID, speaker=claimed)
    assert found.verdict == "verbatim"
    assert (found.speaker.agrees, found.speaker.really) == (agrees, ("Grace Okoye",))


def test_of_a_transcript_that_names_nobody_no_speaker_is_confirmed_or_denied(verify) -> None:
    assert verify("Nobody knows what time it is on the night bus", speaker="Ada Moss").speaker.agrees is None


def test_the_one_who_is_named_is_found_among_many_who_say_the_same(verify) -> None:
    found = verify("round and round and home again", speaker="Singer 12")
    assert found.matches[0].segment.speakers == ("Singer 12",)
    assert found.speaker.agrees is True
    assert found.places == 15
    assert len(found.matches) == MOST_MATCHES


def test_where_it_was_really_said_is_told(verify) -> None:
    here, elsewhere = verify(SAID, episode="the-long-run/12"), verify(SAID, episode="the-long-run/13")
    assert (here.episode.agrees, elsewhere.episode.agrees) == (True, False)
    assert elsewhere.verdict == "verbatim"
    assert elsewhere.episode.really == ("the-long-run/12",)


def test_what_nobody_said_shows_what_comes_nearest_and_is_no_match(verify) -> None:
    found = verify(SAID.replace("small", "large"), speaker="Grace Okoye", episode="the-long-run/12")
    assert (found.verdict, found.matches, found.places) == ("not_found", (), 0)
    assert found.nearest.segment.text == SAID
    assert [(each.kind, each.quoted, each.said) for each in found.nearest.occurrence.differences] == [
        ("replaced", "large", "small")
    ]
    assert found.speaker.agrees is found.episode.agrees is None


def test_what_is_about_nothing_here_has_no_nearest(verify) -> None:
    found = verify("The committee descaled fourteen espresso machines yesterday evening")
    assert (found.verdict, found.nearest, found.exhaustive) == ("not_found", None, True)


def test_too_common_words_are_not_said_to_be_nowhere(verify) -> None:
    assert verify("that it was then").exhaustive is False


def test_a_name_before_a_colon_is_who_is_said_to_have_said_it(verify) -> None:
    named, other = verify(f"Grace Okoye: {SAID}"), verify(f"Ada Moss: {SAID}")
    assert (named.verdict, named.speaker.claimed, named.speaker.agrees) == ("verbatim", "Grace Okoye", True)
    assert (other.verdict, other.speaker) == ("not_found", None)


def test_what_is_near_in_the_claimed_episode_is_not_looked_for_elsewhere(verify) -> None:
    found = verify("Um, nobody knows what time it is", episode="night-shift/one")
    assert (found.verdict, found.episode.agrees, found.exhaustive) == ("near", True, False)


def test_show_notes_were_not_said(verify) -> None:
    assert verify("Grace Okoye on the lamp that went dark").verdict == "not_found"


@pytest.mark.parametrize("quote", ["ê°ä", "the xylophone", "a xylophone of a small xylophone", "xylophone"])
def test_words_that_nobody_says_may_be_claimed_of_an_episode(verify, quote: str) -> None:
    assert verify(quote, episode="the-long-run/12").verdict == "not_found"


def test_an_episode_that_was_added_and_is_not_published_yet_has_no_quotes(tmp_path: Path) -> None:
    with (
        closing(fill(tmp_path, [SILENT])) as library,
        closing(open_engine(f"embedded:{tmp_path}", writing=True)) as writing,
    ):
        Library(writing, library.embedder).add(*LOCKS)
        assert library.view().transcript("the-long-run/12")
        assert verify_quote(library, Quote(SAID), None, "the-long-run/12").verdict == "not_found"


def test_an_episode_that_is_not_there_or_not_transcribed_is_named(verify) -> None:
    with pytest.raises(NotFoundError, match="no episode 'the-long-run/99'"):
        verify(SAID, episode="the-long-run/99")
    with pytest.raises(NotFoundError, match="the-long-run/14 has no transcript yet"):
        verify(SAID, episode="the-long-run/14")


def test_a_word_said_with_a_filler_in_every_passage_is_still_found(tmp_path) -> None:
    """More passages have all of its words than are looked at by likeness: the words in a row find it."""
    decoys: list[Recorded] = [
        record(
            Episode(id=f"decoys/{number}", podcast="decoys", podcast_title="Decoys", title=str(number)),
            [
                Said(
                    0,
                    None,
                    None,
                    "Great green lamp, lamp green, great lamp. Great, green! Lamp again, green lamp, great.",
                )
            ],
        )
        for number in range(60)
    ]
    truth = record(
        Episode(id="lamp/1", podcast="lamp", podcast_title="Lamp", title="Lamp", people=(Person("Ada"),)),
        [Said(0, None, None, " ".join(["The tide came in."] * 30) + " It was a lamp, um, great and green, it was.")],
    )
    library = fill(tmp_path, [*decoys, truth])
    found = [verify_quote(library, Quote(quote)) for quote in ("a lamp, um, great and green", "a lamp great and green")]
    library.close()
    assert [(each.verdict, each.matches[0].episode.id) for each in found] == [
        ("verbatim", "lamp/1"),
        ("near", "lamp/1"),
    ]


def test_a_transcript_without_sentences_gives_the_turn_s_time(tmp_path) -> None:
    episode, transcript, segments = LOCKS
    bare = replace(transcript, sentences=()), [replace(segment, sentences=()) for segment in segments]
    library = fill(tmp_path, [(episode, *bare)])
    [match] = verify_quote(library, Quote("That is the whole bill")).matches
    library.close()
    assert match.segment.time.start == 112.0
    assert match.context.startswith("Nobody likes the answer.")

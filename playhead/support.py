"""Whether a sentence is supported by the excerpts that it cites: a cheap check that can be explained. Pure.

It asks for what invention gets wrong first. What stands in quotes must have been said; every number, every name, and
what a sentence begins with, must stand in what is cited; of the telling words at least half must, the question's own
not counting; a "not" must not be added or lost beside the words it turns; and there is no link, for an answer has
citations.

It is no proof. Words of the excerpts put together to another sense pass, and an honest paraphrase in words of its own
does not: docs/chatbots.md says so, and `tests/test_support.py` shows both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from playhead import quotes
from playhead.errors import InvalidQueryError
from playhead.model import Excerpt
from playhead.quotes import Quote
from playhead.sentences import sentence_spans
from playhead.text import stem, word_spans, words
from playhead.timestamps import write
from playhead.wording import in_digits, is_alike, is_name, is_small, negations

ENOUGH = 0.5
"""Which share of a sentence's telling words the excerpts must say."""

SOME = 0.2
"""Which share of them one excerpt must say, so that citing it means anything."""

BEHIND = 2
"""How many telling words behind a "not" are those it turns."""

_LINK = re.compile(r"\w://|\bwww\.|\]\(|<[/!\w]|\bjavascript:", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]+)"|[“„]([^“”„]+)[”“]|«([^«»]+)»')
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")

# Words that tell about the talk and not about its subject: no excerpt has to say them.
_FRAME = frozenset(
    stem(word)
    for word in (
        "accord add admit agree answer argue ask believe call cite claim comment compare conclude conversation "
        "describe discuss emphasize episode excerpt explain express feel guest highlight host mention note observe "
        "opinion podcast point question recall recommend refer remark reply report respond say said show speaker state "
        "stress suggest talk tell told think thought transcript view"
    ).split()
)

# Words that open a sentence and are no name.
_OPENING = frozenset(
    (
        "additionally after again although among another before beyond both currently despite during each either "
        "essentially every everybody everyone finally first further furthermore generally here initially instead last "
        "later like many meanwhile more moreover most much next nobody none nothing often one once originally other "
        "others otherwise overall people perhaps rather second several similarly since somebody someone something "
        "sometimes somewhat specifically still therefore third though thus together two typically ultimately under "
        "unlike until usually whenever whereas whether within without"
    ).split()
)


def supporting(sentence: str, cited: Sequence[Excerpt], question: str) -> list[int]:
    """Which of the cited excerpts support a sentence, by their places; none where it is not supported."""
    if not cited or _LINK.search(sentence):
        return []
    texts = [each.segment.text for each in cited]
    around = "\n".join([*texts, *(_told(each) for each in cited)])
    known = {stem(word) for word in words(around)}
    if not (
        all(_is_said(quoted, texts) for quoted in _quoted(sentence))
        and _has_numbers(_undated(sentence, cited), around)
        and all(stem(name) in known for name in _names(sentence))
        and _is_turned_alike(sentence, texts)
    ):
        return []
    telling = _telling(sentence)
    asked = {stem(word) for word in words(question)}
    new = [word for word in telling if stem(word) not in asked] or telling
    if not telling or min(_share(telling, around), _share(new, around)) < ENOUGH:
        return []
    return [place for place, each in enumerate(cited) if _share(telling, f"{texts[place]}\n{_told(each)}") >= SOME]


def _told(excerpt: Excerpt) -> str:
    """What is known about an excerpt beside its words: who, where, in which month."""
    segment, episode = excerpt.segment, excerpt.episode
    month = f"{episode.published:%B}" if episode.published else ""
    return "\n".join([*segment.speakers, episode.podcast_title, episode.title, segment.chapter_title or "", month])


def _undated(sentence: str, cited: Iterable[Excerpt]) -> str:
    """The sentence without the days and times of what it cites: the 2 of a 2nd of October supports no "two locks"."""
    for each in cited:
        published, start = each.episode.published, each.segment.time.start
        if published:
            for way in ("{0.day} {0:%B} {0.year}", "{0:%B} {0.day}, {0.year}", "{0:%Y-%m-%d}", "{0:%B} {0.year}"):
                sentence = sentence.replace(way.format(published), "")
            sentence = re.sub(rf"\b{published.year}\b", "", sentence)
        if start is not None:
            sentence = sentence.replace(write(start), "")
    return sentence


def _quoted(sentence: str) -> Iterator[str]:
    return (quoted for match in _QUOTED.finditer(sentence) if words(quoted := "".join(filter(None, match.groups()))))


def _is_said(quoted: str, texts: Iterable[str]) -> bool:
    """Whether a quote is verbatim or near in one of the texts."""
    try:
        quote = Quote(quoted)
    except InvalidQueryError:
        return False  # only an editor's words in brackets: there is nothing that could have been said
    return any(found.verdict != "not_found" for text in texts for found in quotes.find(quote, text))


def _has_numbers(sentence: str, around: str) -> bool:
    """Whether every number stands there as it does here, in digits or words: 3.13 is neither 3.12 nor 13.

    A lone "one" is seldom a number.
    """
    ours = list(_runs(sentence))
    spelt = re.search(r"\d", sentence) is None
    theirs = [f" {' '.join(run)} " for line in around.splitlines() for run in _runs(line)]
    return all((spelt and run == ["1"]) or any(f" {' '.join(run)} " in each for each in theirs) for run in ours)


def _runs(text: str) -> Iterator[list[str]]:
    """Numbers that stand side by side, in digits: "Python 3.13" is 3 beside 13."""
    for is_number, run in groupby(in_digits(words(_THOUSANDS.sub("", text))), lambda word: word[0].isdigit()):
        if is_number:
            yield list(run)


def _names(sentence: str) -> Iterator[str]:
    """The words that are written as names; the first of a sentence may be one, so it is taken for one."""
    for place, (word, *span) in enumerate(word_spans(sentence)):
        opens = place == 0 and not (is_small(word) or stem(word) in _FRAME or word in _OPENING)
        if opens or is_name(sentence, (span[0], span[1])):
            yield word


def _telling(text: str) -> list[str]:
    """The words that carry a subject, each once; numbers are looked at apart."""
    found = (word for word in words(text) if not is_small(word) and not word.isdecimal())
    return list(dict.fromkeys(word for word in found if stem(word) not in _FRAME and not negations([word])))


def _share(telling: Sequence[str], text: str) -> float:
    """Which share of the words a text says, in whatever form."""
    said = set(words(text))
    stems = {stem(word) for word in said}
    return sum(stem(word) in stems or any(is_alike(word, each) for each in said) for word in telling) / len(telling)


def _is_turned_alike(sentence: str, texts: Iterable[str]) -> bool:
    """Whether no "not" was added or lost, held against the sentence that was said and is most like this one."""
    telling = _telling(sentence)
    said = [text[slice(*span)] for text in texts for span in sentence_spans(text)]
    if not telling or not said:
        return True
    nearest = max(said, key=lambda each: _share(telling, each))
    if negations(words(sentence)):
        return negations(words(nearest)) > 0
    ours = {stem(word) for word in telling}
    return ours.isdisjoint(_turned(nearest))


def _turned(said: str) -> set[str]:
    """The stems right behind each negation of a sentence: in "it is not slower on Linux", slower and Linux."""
    each = words(said)
    turned: set[str] = set()
    for place, word in enumerate(each):
        if negations([word]):
            behind = [stem(other) for other in each[place + 1 :] if not is_small(other)]
            turned.update([other for other in behind if other not in _FRAME][:BEHIND])
    return turned

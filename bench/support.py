"""What the check of composed answers lets pass: sentences that were said, and the same made wrong.

    python -m bench.support INDEX

No model that writes can be had offline, so the sentences are people's own: each of the first ten passages for a
question of `bench/questions/topics.jsonl`, cited to its own passage, which must pass; and made wrong in one way at a
time, which must not. Cited to the next passage for the same question, it is a true sentence with a wrong number. With
its words in another order it is what the check cannot see, and does not claim to.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

from playhead.library import open_library
from playhead.query import Query
from playhead.sentences import sentence_spans
from playhead.settings import read_settings
from playhead.support import supporting
from playhead.text import word_spans, words
from playhead.wording import is_name, negations

TOPICS = Path(__file__).parent / "questions" / "topics.jsonl"
FEWEST = 6
"""Words of a sentence; shorter ones tell nothing."""

_VERB = re.compile(r"\b(?:is|are|was|were|can|will|would|should|does|do|did)\b(?! not|n't)")
_NUMBER = re.compile(r"\b\d{1,4}\b")


def with_a_not(sentence: str) -> str | None:
    verb = _VERB.search(sentence)
    return sentence[: verb.end()] + " not" + sentence[verb.end() :] if verb and not negations(words(sentence)) else None


def with_another_number(sentence: str) -> str | None:
    return _NUMBER.sub(lambda found: str(int(found[0]) + 37), sentence, count=1) if _NUMBER.search(sentence) else None


def with_another_name(sentence: str) -> str | None:
    names = [span for _, *span in word_spans(sentence) if is_name(sentence, (span[0], span[1]))]
    return f"{sentence[: names[0][0]]}Quillfeather{sentence[names[0][1] :]}" if names else None


def in_another_order(sentence: str) -> str:
    said = [sentence[first:last].lower() for _, first, last in word_spans(sentence)]
    random.Random(sentence).shuffle(said)
    return f"{' '.join(said)}."


WRONG: dict[str, Callable[[str], str | None]] = {
    "with a “not” put in": with_a_not,
    "with another number": with_another_number,
    "with another name": with_another_name,
    "with its words in another order": in_another_order,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", help="the directory of a library")
    asked = parser.parse_args()
    tried: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    spent = 0.0
    with closing(open_library(read_settings(engine=f"embedded:{asked.index}"))) as library:
        for line in TOPICS.read_text("utf-8").splitlines():
            question = json.loads(line)["query"]
            found = library.search(Query(question)).excerpts
            for own, other in zip(found, [*found[1:], *found[:1]], strict=True):
                text = own.segment.text
                for sentence in (text[slice(*span)] for span in sentence_spans(text)):
                    if len(words(sentence)) < FEWEST or sentence.endswith("?"):
                        continue
                    cases = [("as it was said", sentence, own), ("cited to another passage", sentence, other)]
                    cases += [(name, wrong, own) for name, make in WRONG.items() if (wrong := make(sentence))]
                    for name, written, cited in cases:
                        begun = perf_counter()
                        tried[name] += 1
                        passed[name] += bool(supporting(written, [cited], question))
                        spent += perf_counter() - begun
    for name, count in tried.items():
        print(f"{name:<32} {passed[name]:>6,} of {count:>6,} pass  {passed[name] / count:>6.1%}")
    print(f"{1000 * spent / tried.total():.2f} ms a sentence")


if __name__ == "__main__":
    main()

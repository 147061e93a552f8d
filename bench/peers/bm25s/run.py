"""bm25s: words alone, stemmed as its own introduction shows."""

from __future__ import annotations

import bm25s
import Stemmer

from bench.peers.trial import Answer, Ask, Task, read_passages, run


def prepare(task: Task) -> tuple[Ask, int]:
    ids, texts = read_passages(task)
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)

    def ask(question: str) -> list[Answer]:
        words = bm25s.tokenize(question, stopwords="en", stemmer=stemmer, show_progress=False)
        numbers, _ = index.retrieve(words, k=min(task.depth, len(ids)), show_progress=False)
        return [(ids[number], texts[number]) for number in numbers[0].tolist()]

    return ask, len(ids)


if __name__ == "__main__":
    run(prepare)

"""txtai's hybrid: its own words and the same vectors, mixed half and half as it does unasked."""

from __future__ import annotations

import numpy as np
from txtai import Embeddings
from txtai.pipeline import Segmentation

from bench.peers.trial import Answer, Ask, Task, read_passages, run


def prepare(task: Task) -> tuple[Ask, int]:
    ids, texts = read_passages(task, Segmentation(paragraphs=True))
    index = with_vectors(task, texts) if task.vectors else Embeddings(path=task.model, hybrid=True)
    index.index((number, text, None) for number, text in enumerate(texts))

    def ask(question: str) -> list[Answer]:
        return [(ids[number], texts[number]) for number, _ in index.search(question, min(task.depth, 10))]

    return ask, len(ids)


def with_vectors(task: Task, texts: list[str]) -> Embeddings:
    """An index that takes the vectors there are, and asks its own model for those of questions alone."""
    vectors = np.load(task.vectors)
    places = {text: number for number, text in enumerate(texts)}
    model = Embeddings(path=task.model)

    def transform(wanted: list[str]) -> np.ndarray:
        return np.array([vectors[places[text]] if text in places else model.transform(text) for text in wanted])

    return Embeddings(method="external", transform=transform, hybrid=True)


if __name__ == "__main__":
    run(prepare)

"""sentence-transformers and a flat FAISS index: meaning alone, each passage by itself."""

from __future__ import annotations

import faiss
import numpy as np
from sentence_transformers import SentenceTransformer

from bench.peers.trial import Answer, Ask, Task, read_passages, run


def prepare(task: Task) -> tuple[Ask, int]:
    ids, texts = read_passages(task)
    model = SentenceTransformer(task.model, device="cpu", local_files_only=True)
    if task.vectors:
        vectors = np.load(task.vectors).astype(np.float32)
    else:
        vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def ask(question: str) -> list[Answer]:
        asked = model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        _, numbers = index.search(asked, min(task.depth, len(ids)))
        return [(ids[number], texts[number]) for number in numbers[0].tolist()]

    return ask, len(ids)


if __name__ == "__main__":
    run(prepare)

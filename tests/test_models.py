"""A library embedded anew with another model is searched all the while, and each question in the words of its view."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from playhead.engine import Model, Vectors, open_engine
from playhead.errors import EmbeddingMismatchError
from playhead.library import Library
from playhead.query import Query
from tests.doubles import HashingEmbedder
from tests.engines.contract import make
from tests.postgres import database, postgres  # noqa: F401 - fixtures

SAID = ["the kettle sings in the kitchen", "an orchard in the rain", "granite under the harbour wall"]


class Backwards(HashingEmbedder):
    """The same in another space: a question in one of the two finds nothing it should in the other."""

    model = Model("backwards-64", hashlib.sha256(b"backwards-64").hexdigest(), 64)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return np.ascontiguousarray(super().passages(texts)[:, ::-1])


@pytest.fixture(params=["embedded", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "embedded":
        yield f"embedded:{tmp_path / 'index'}"
    else:
        yield request.getfixturevalue("database")


def test_a_library_embedded_anew_is_searched_on_by_who_knows_both_models(url: str) -> None:
    writing = open_engine(url, writing=True)
    writing.use(HashingEmbedder.model)
    episode, transcript, segments, _ = make(texts=SAID)
    Library(writing, HashingEmbedder()).add(episode, transcript, segments)
    writing.publish()

    reading = open_engine(url)
    reading.use(HashingEmbedder.model, Backwards.model)
    library = Library(reading, HashingEmbedder(), others=[Backwards()])
    answers: list[tuple[str, str, str]] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            for said, segment in zip(SAID, segments, strict=True):
                found = library.search(Query(said, mode="meaning"))
                answers.append((found.model, segment.id, found.excerpts[0].segment.id))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    writing.reembed(Backwards.model, Backwards().passages)
    writing.publish()
    for _ in range(100):
        if answers and answers[-1][0] == Backwards.model.name:
            break
        threads[0].join(0.1)
    stop.set()
    for thread in threads:
        thread.join()

    assert {model for model, _, _ in answers} == {HashingEmbedder.model.name, Backwards.model.name}
    assert [(wanted, got) for _, wanted, got in answers if wanted != got] == []
    writing.close()
    reading.close()


def test_who_embeds_anew_goes_on_adding_before_it_is_published(url: str) -> None:
    writing = open_engine(url, writing=True)
    writing.use(HashingEmbedder.model)
    Library(writing, HashingEmbedder()).add(*make(texts=SAID)[:3])
    writing.publish()

    writing.reembed(Backwards.model, Backwards().passages)
    library = Library(writing, Backwards())
    library.add(*make("show/two", texts=SAID)[:3])
    if library.view().model != Backwards.model:
        with pytest.raises(EmbeddingMismatchError, match="publish"):
            library.search(Query(SAID[0]))
    writing.publish()
    found = library.search(Query(SAID[0], mode="meaning"))
    assert (found.model, found.excerpts[0].segment.text) == (Backwards.model.name, SAID[0])
    writing.close()


def test_vectors_of_the_model_before_are_not_put_among_those_of_the_next(database: str) -> None:  # noqa: F811
    one, other = (open_engine(database, writing=True) for _ in range(2))
    one.use(HashingEmbedder.model)
    Library(one, HashingEmbedder()).add(*make(texts=SAID)[:3])
    other.use(HashingEmbedder.model)
    one.reembed(Backwards.model, Backwards().passages)
    late = make("show/late", texts=SAID)
    with pytest.raises(EmbeddingMismatchError, match=r"show/late was not kept"):
        other.put(*late[:3], HashingEmbedder().passages(SAID))
    assert other.describe().episodes == 1
    for engine in (one, other):
        engine.close()

"""Questions on their way to the model: those that are asked together are embedded together, and none of them twice."""

from __future__ import annotations

from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from playhead.embedding import Embedder
from playhead.engine import Vectors

TOGETHER = 16
"""How many questions the model is given at once: beyond it, it takes as long for each (docs/reliability.md)."""

REMEMBERED = 4_096
"""Vectors that are kept, some 8 MB: people ask the same things, and the next page is the same question."""


class Questions:
    """A line in front of a model. Nobody waits for company: what came in while the model was busy goes next."""

    def __init__(self, embedder: Embedder, together: int = TOGETHER, remembered: int = REMEMBERED) -> None:
        self._embedder = embedder
        self._together = together
        self._remembered = remembered
        self._asked: OrderedDict[str, Future[Vectors]] = OrderedDict()
        self._waiting: deque[tuple[str, Future[Vectors]]] = deque()
        self._lock = Lock()
        # One thread: the model is given one batch at a time, and searching has the other processors.
        self._model = ThreadPoolExecutor(1, "questions")

    def ask(self, text: str) -> Future[Vectors]:
        """The vector of a question, once the model has come to it. One it could not embed is asked anew next time."""
        with self._lock:
            if text in self._asked:
                self._asked.move_to_end(text)
                return self._asked[text]
            future: Future[Vectors] = Future()
            self._asked[text] = future
            self._waiting.append((text, future))
            if len(self._asked) > self._remembered:
                self._asked.popitem(last=False)
        self._model.submit(self._answer)
        return future

    def close(self) -> None:
        """Answer those that wait, and let go of the thread."""
        self._model.shutdown()

    def _answer(self) -> None:
        with self._lock:
            asked = [self._waiting.popleft() for _ in range(min(self._together, len(self._waiting)))]
        if not asked:
            return  # they went along with those before them
        try:
            vectors = self._embedder.questions([text for text, _ in asked])
        except Exception as error:  # noqa: BLE001 - it is handed to everybody who waits
            with self._lock:
                for text, _ in asked:
                    self._asked.pop(text, None)
            for _, future in asked:
                future.set_exception(error)
            return
        for (_, future), vector in zip(asked, vectors, strict=True):
            future.set_result(vector)

"""What the children of the crash tests do: write until they are killed, or until the disk is full."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from playhead.engine import Engine, open_engine
from playhead.errors import StorageError
from tests.engines.contract import MODEL, by_words, make

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([__name__])


def start(work: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Run ``work`` in a child of a process that has opened nothing and has no threads."""
    child = _server.Process(target=work, args=arguments)
    child.start()
    return child


def write_until_killed(directory: Path, journal: Path, seed: int, kill_at: int | None, rounds: int) -> None:
    """Put, remove and publish, noting each thing before (``?``) and after it is acknowledged (``+`` and ``-``).

    ``kill_at`` is the call of fsync, rename or replace before which the process dies. Without it, how many such
    calls there were is the journal's last line.
    """
    calls = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return wrapped

    for name in ("fsync", "rename", "replace"):
        setattr(os, name, counted(getattr(os, name)))
    with journal.open("a") as file:

        def note(line: str) -> None:
            print(line, file=file, flush=True)

        engine = open_engine(f"embedded:{directory}", writing=True)
        engine.use(MODEL)
        for number in range(rounds):
            name = f"show/e{seed}-{number}"
            note(f"?{name}")
            engine.put(*make(name, 3, texts=["kettle violin"] * 3))
            note(f"+{name}")
            if number % 3 == 2:
                gone = f"show/e{seed}-{number - 1}"
                note(f"?{gone}")
                engine.remove(gone)
                note(f"-{gone}")
            engine.publish()
        note(f"={calls}")


def fill_the_disk(directory: Path, answer: Path) -> None:
    """Publish and put under every limit on the size of a file; what happened goes to ``answer``, a line each."""
    engine = open_engine(f"embedded:{directory}", writing=True)
    engine.use(MODEL)
    engine.put(*make("show/before", texts=["kettle"]))
    engine.publish()
    engine.put(*make("show/unpublished", texts=["kettle violin " * 50] * 30))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    lines = []

    def attempt(what: str, limit: int, act: Callable[[], object]) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            act()
            outcome = "done"
        except StorageError as error:
            outcome = f"refused: {error}"
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        lines.append(f"{what} {limit} {outcome} {_state(engine)}")

    for limit in (0, 100, 500, 1000, 2000):
        attempt("publish", limit, engine.publish)
    attempt("put", 1000, lambda: engine.put(*make("show/after", texts=["kettle"])))
    attempt("publish", hard, engine.publish)
    answer.write_text("\n".join(lines))


def _state(engine: Engine) -> str:
    return f"findable={len(by_words(engine.view(), 'kettle'))} kept={engine.describe().episodes}"

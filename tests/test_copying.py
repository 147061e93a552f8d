"""A library is carried from engine to engine to the last bit, whatever breaks off in between; or it is said so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pysqlite3 import dbapi2 as sqlite

from playhead import copying
from playhead.engine import Engine, Model, Receipt, Subscription, open_engine
from playhead.errors import DamagedError, EmbeddingMismatchError, EngineError
from playhead.model import Transcript
from playhead.query import EVERYTHING
from tests.engines.contract import DIMENSION, MODEL, by_words, everything, make
from tests.postgres import database, postgres  # noqa: F401 - fixtures

FEED = Subscription("https://example.org/feed.xml", "Show", '"etag"', "Tue, 05 Mar 2024 10:00:00 GMT")
EPISODES = [f"show/e{number}" for number in range(8)]
DIRECTIONS = (("embedded", "postgresql"), ("postgresql", "embedded"), ("embedded", "embedded"))

KILLED = """
import os, signal, sys
from playhead.engine import open_engine
from playhead.engines.postgres import changes
from playhead import copying
changes.TOGETHER = 1
source, target = open_engine(sys.argv[1]), open_engine(sys.argv[2], writing=True)
put_all = target.put_all
def dying(kept):
    for done, episode in enumerate(kept):
        if done == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        yield episode
target.put_all = lambda kept: put_all(dying(kept))
copying.copy(source, target)
"""

Urls = Callable[[str], str]


@pytest.fixture
def urls(tmp_path: Path, database: str) -> Urls:
    """The address of a library of this kind that does not exist yet."""

    def new(kind: str) -> str:
        made = len(list(tmp_path.iterdir()))
        return database if kind == "postgresql" else f"embedded:{tmp_path / f'library-{made}'}"

    return new


@pytest.fixture
def opened() -> Iterator[Callable[..., Engine]]:
    with ExitStack() as stack:
        yield lambda url, *, writing=False: stack.enter_context(closing(open_engine(url, writing=writing)))


def fill(url: str) -> None:
    """Eight episodes, one of them without a transcript, a feed that is followed, and a receipt."""
    with closing(open_engine(url, writing=True)) as engine:
        engine.use(MODEL)
        for name in EPISODES[1:]:
            engine.put(*make(name, 7))
        episode, *_ = make(EPISODES[0])
        silent = replace(episode, transcribed=False, fingerprint="none", drift=None)
        engine.put(silent, Transcript("", ()), [], np.empty((0, DIMENSION), np.float32))
        engine.follow(FEED)
        for visit, name in ((False, EPISODES[1]), (True, EPISODES[2])):
            engine.file(Receipt(FEED.url, name, name, "print-0", (("https://example.org/a.vtt", '"x"', None),), visit))
        engine.publish()


def contents(engine: Engine) -> dict[str, copying.Kept | None]:
    view = engine.view()
    return {episode.id: copying.read(view, episode.id) for episode in view.episodes(EVERYTHING, limit=100)}


def digests(engine: Engine) -> dict[str, str]:
    return {name: copying.digest(kept) for name, kept in contents(engine).items() if kept}


@pytest.mark.parametrize(("here", "there"), DIRECTIONS)
def test_every_noun_and_every_bit_of_every_vector_arrives(here: str, there: str, urls: Urls, opened) -> None:
    source_url = urls(here)
    fill(source_url)
    source, target = opened(source_url), opened(urls(there), writing=True)
    copied = copying.copy(source, target)
    sent, arrived = contents(source), contents(target)

    assert (copied.episodes, copied.passed_over, copied.segments, copied.feeds, copied.receipts) == (8, 0, 49, 1, 2)
    assert sorted(arrived) == EPISODES
    for name, kept in sent.items():
        assert kept
        assert arrived[name]
        assert arrived[name][:3] == kept[:3]
        assert arrived[name][3].tobytes() == kept[3].tobytes()
    assert target.subscriptions() == [FEED]
    assert target.receipts(FEED.url) == source.receipts(FEED.url)
    assert target.describe().model == MODEL
    assert everything(target.view()) == everything(source.view())
    assert sorted(by_words(target.view(), "kettle")) == sorted(by_words(source.view(), "kettle"))


@pytest.mark.parametrize(("here", "there"), DIRECTIONS)
def test_a_copy_that_is_killed_goes_on_where_it_was(here: str, there: str, urls: Urls, opened) -> None:
    source_url = urls(here)
    fill(source_url)
    target_url = urls(there)
    killed = subprocess.run([sys.executable, "-c", KILLED, source_url, target_url], check=False, capture_output=True)
    source, target = opened(source_url), opened(target_url, writing=True)
    half = sorted(digests(target))
    copied = copying.copy(source, target)

    assert killed.returncode == -9, killed.stderr.decode()
    assert len(half) == 3
    assert (copied.episodes, copied.passed_over) == (5, 3)
    assert digests(target) == digests(source)
    assert len(everything(target.view())) == 49


def test_a_second_copy_writes_no_episode_and_comes_to_the_same_sum(urls: Urls, opened) -> None:
    source_url = urls("embedded")
    fill(source_url)
    source, target = opened(source_url), opened(urls("postgresql"), writing=True)
    first, second = copying.copy(source, target), copying.copy(source, target)

    assert (second.episodes, second.passed_over) == (0, 8)
    assert second.sha256 == first.sha256


def test_an_episode_of_the_same_fingerprint_and_other_content_is_not_passed_over(urls: Urls, opened) -> None:
    """A name that was given by hand leaves the fingerprint as it was."""
    source_url = urls("embedded")
    fill(source_url)
    source, target = opened(source_url), opened(urls("postgresql"), writing=True)
    copying.copy(source, target)
    episode, *rest = make(EPISODES[3], 7)
    target.put(replace(episode, title="Another"), *rest)
    with pytest.raises(EngineError, match=r"another show/e3 at the target; --into"):
        copying.copy(source, target)
    copied = copying.copy(source, target, into=True)

    assert (copied.episodes, copied.passed_over) == (1, 7)
    assert digests(target) == digests(source)


def test_a_target_with_other_episodes_is_left_alone_unless_told(urls: Urls, opened) -> None:
    source_url = urls("embedded")
    fill(source_url)
    source, target = opened(source_url), opened(urls("postgresql"), writing=True)
    target.use(MODEL)
    target.put(*make("other/one", 4))
    with pytest.raises(EngineError, match=r"1 episodes that are not copied, other/one among them; --into"):
        copying.copy(source, target)
    before = sorted(digests(target))
    copied = copying.copy(source, target, into=True)

    assert before == ["other/one"]
    assert (copied.episodes, copied.others) == (8, 1)
    assert sorted(digests(target)) == ["other/one", *EPISODES]


@pytest.mark.parametrize("there", ["embedded", "postgresql"])
def test_vectors_of_another_model_are_not_mixed(there: str, urls: Urls, opened) -> None:
    source_url = urls("embedded")
    fill(source_url)
    target = opened(urls(there), writing=True)
    target.use(Model("another", "cd" * 32, DIMENSION))
    target.put(*make("show/e1", 7))
    with pytest.raises(EmbeddingMismatchError, match=r"another .*a-small-model .*empty library"):
        copying.copy(opened(source_url), target, into=True)

    assert sorted(digests(target)) == ["show/e1"]


def test_an_empty_library_of_another_model_takes_the_model_of_what_is_copied(urls: Urls, opened) -> None:
    source_url = urls("embedded")
    fill(source_url)
    target = opened(urls("postgresql"), writing=True)
    target.use(Model("another", "cd" * 32, DIMENSION))
    copying.copy(opened(source_url), target)

    assert target.describe().model == MODEL


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE vectors SET data = zeroblob(length(data)) WHERE segment = (SELECT max(number) FROM segments)",
        "UPDATE segments SET text = text || '!' WHERE number = (SELECT max(number) FROM segments)",
        "UPDATE transcripts SET text = text || '!' WHERE episode = (SELECT max(number) FROM episodes)",
        "UPDATE episodes SET title = title || '!' WHERE number = (SELECT max(number) FROM episodes)",
        "DELETE FROM segments WHERE number = (SELECT max(number) FROM segments)",
        "DELETE FROM episodes WHERE number = (SELECT max(number) FROM episodes)",
    ],
)
def test_a_damaged_source_is_refused_and_not_copied_in_part_without_a_word(harm: str, urls: Urls, opened) -> None:
    source_url, target_url = urls("embedded"), urls("postgresql")
    fill(source_url)
    with closing(sqlite.connect(Path(source_url.partition(":")[2]) / "library.sqlite")) as connection:
        connection.execute(harm)
        connection.commit()

    with pytest.raises(DamagedError):
        copying.copy(opened(source_url), opened(target_url, writing=True))


def test_an_episode_that_arrived_damaged_is_put_again(urls: Urls, opened, tmp_path: Path) -> None:
    source_url, target_url = urls("embedded"), f"embedded:{tmp_path / 'target'}"
    fill(source_url)
    with closing(open_engine(target_url, writing=True)) as target:
        copying.copy(opened(source_url), target)
    with closing(sqlite.connect(tmp_path / "target" / "library.sqlite")) as connection:
        connection.execute("UPDATE vectors SET data = zeroblob(length(data)) WHERE segment = 1")
        connection.commit()
    shutil.rmtree(tmp_path / "target" / "generations")
    with closing(open_engine(target_url, writing=True)) as target:
        copied = copying.copy(opened(source_url), target)

        assert (copied.episodes, copied.passed_over) == (1, 7)
        assert digests(target) == digests(opened(source_url))


def test_a_source_that_changes_meanwhile_is_said_to(urls: Urls, opened) -> None:
    source_url = urls("embedded")
    fill(source_url)
    source = opened(source_url)

    def change(done: int, total: int) -> None:
        if done == 4:
            with closing(open_engine(source_url, writing=True)) as writer:
                writer.put(*make("show/late", 3))

    with pytest.raises(EngineError, match="changed while it was copied"):
        copying.copy(source, opened(urls("postgresql"), writing=True), report=change)


def test_the_command_says_what_was_carried_and_ends_as_it_should(urls: Urls, opened, playhead) -> None:
    source_url, target_url = urls("embedded"), urls("postgresql")
    fill(source_url)
    code, out, _ = playhead("copy", source_url, target_url, "--json")
    again, _, said = playhead("copy", target_url, source_url)
    with closing(open_engine(target_url, writing=True)) as target:
        target.put(*make("other/one", 4))
    refused, _, reason = playhead("copy", source_url, target_url)

    assert code == 0
    assert json.loads(out)["episodes"] == 8
    assert again == 0
    assert "Copied 0 episodes; 8 were there already. All 49 segments" in said
    assert json.loads(out)["sha256"] in said
    assert refused == 1
    assert "--into" in reason


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["embedded:nowhere", "embedded:there"], 1), (["index", "embedded:there"], 3), (["embedded:index"], 2)],
)
def test_a_copy_that_cannot_be_made_makes_nothing(words: list[str], expected: int, playhead, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert playhead("copy", *words)[0] == expected
    assert list(tmp_path.iterdir()) == []

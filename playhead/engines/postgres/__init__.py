"""The PostgreSQL engine: a library in a database with pgvector, written to and found in by any number of processes.

It is an adapter: PostgreSQL keeps, finds and copies. What is published is a revision; who asks finds what was there at
that one (`schema`). Vectors are compared one by one while there are few, and by an HNSW index from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from playhead.engine import Description, Kept, Model, Receipt, Subscription, Vectors
from playhead.engines.postgres import lexemes, schema, view
from playhead.engines.postgres.changes import Changes
from playhead.engines.postgres.connections import Connection, Connections
from playhead.engines.postgres.publication import Publication
from playhead.engines.postgres.truth import Truth
from playhead.engines.postgres.view import PostgresView
from playhead.engines.spelling import Vocabulary
from playhead.engines.terms import Analyzer
from playhead.errors import EmbeddingMismatchError, EngineError, StorageError
from playhead.model import Episode, Segment, Transcript

FEW_EPISODES = 20
"""As many as are made findable by who only reads, when those who put them are gone; it takes a moment."""


class PostgresEngine:
    """Fulfils `playhead.engine.Engine` at ``url``. ``reads`` is the address of a standby that searches go to."""

    def __init__(self, url: str, *, writing: bool, reads: str | None = None) -> None:
        self._writing = writing
        self._aside: Executor = ThreadPoolExecutor(4, "playhead-postgres")
        self._main = Connections(url)
        self._near = Connections(reads) if reads else self._main
        try:
            schema.prepare(self._main, writing=writing)
            self._truth = Truth(self._main, self._near)
            self._changes = Changes(self._main)
            self._publication = Publication(self._main)
            self._models: tuple[Model, ...] = ()
            self._analyzer = Analyzer()
            self._terms = lexemes.Terms(self._near)
            self._vocabularies: dict[int, Vocabulary] = {}
            self._notes: list[str] = []
            if writing:
                self._main.hold(schema.WRITING)
            self._publish_what_is_left()
        except BaseException:
            self.close()
            raise

    def use(self, model: Model, *others: Model) -> None:
        known = self._truth.state().model
        self._changes.use(known if known in others else model, writing=self._writing)
        self._models = (model, *others)

    def reembed(self, model: Model, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._refuse_to_write()
        self._changes.reembed(model, embed)
        self._models = (model,)

    def put(self, episode: Episode, transcript: Transcript, segments: Sequence[Segment], vectors: Vectors) -> None:
        self._refuse_to_write()
        self._changes.put([(episode, transcript, segments, vectors)])

    def put_all(self, kept: Iterable[Kept]) -> None:
        self._refuse_to_write()
        self._changes.put(kept)

    def remove(self, episode_id: str) -> bool:
        self._refuse_to_write()
        return self._changes.remove(episode_id)

    def has(self, episode_id: str, fingerprint: str) -> bool:
        return self._truth.has(episode_id, fingerprint)

    def follow(self, subscription: Subscription) -> None:
        self._changes.follow(subscription)

    def unfollow(self, url: str) -> bool:
        return self._changes.unfollow(url)

    def subscriptions(self) -> list[Subscription]:
        return self._truth.subscriptions()

    def file(self, receipt: Receipt) -> None:
        self._changes.file(receipt)

    def end_visit(self, feed: str) -> None:
        self._changes.end_visit(feed)

    def receipts(self, feed: str) -> list[Receipt]:
        return self._truth.receipts(feed)

    def publish(self) -> int:
        self._refuse_to_write()
        revision = self._publication.publish()
        self._publication.index_meanings()
        return revision

    def view(self) -> PostgresView:
        state = self._near.read(view.published)
        # Who writes may have embedded everything anew and not published it yet: it reads what is kept by now.
        if self._models and not self._writing and state.model not in (None, *self._models):
            raise EmbeddingMismatchError(
                f"{self._main.name} is embedded with another model than "
                f"{' or '.join(model.name for model in self._models)} by now; "
                "start again with the model it was made with."
            )
        return PostgresView(self._near, self._truth, state, self._analyzer, self._terms, self._vocabulary, self._aside)

    def revision(self) -> int:
        return self._truth.revision()

    def history(self) -> str:
        return self._truth.state().library

    def describe(self) -> Description:
        found = self._near.read(view.published)
        state = self._truth.state()
        episodes, untranscribed, segments = self._truth.counts()
        server, vector = self._near.read(_versions)
        return Description(
            engine="postgresql",
            revision=state.revision,
            published=found.revision,
            episodes=episodes,
            untranscribed=untranscribed,
            segments=segments,
            findable=found.size,
            model=state.model,
            details={
                "directory": self._main.name,
                "postgresql": server,
                "pgvector": vector,
                "meanings": "by an HNSW index" if found.is_indexed else "one by one",
                "notes": "; ".join(self._notes) or None,
            },
        )

    def close(self) -> None:
        self._aside.shutdown()
        for connections in {self._main, self._near}:
            connections.close()

    def _refuse_to_write(self) -> None:
        if not self._writing:
            raise EngineError(f"The library at {self._main.name} is open for reading only.")

    def _publish_what_is_left(self) -> None:
        """Publish what writers that are gone have not. Others are left to it; who may not write says so in a note."""
        state = self._truth.state()
        if state.revision == state.published:
            return
        try:
            if self._writing:
                self._publication.publish()
            elif not self._main.is_held(schema.WRITING):
                waiting = self._publication.waiting()
                if waiting <= FEW_EPISODES:
                    self._publication.publish()
                else:
                    self._notes.append(
                        f"{waiting:,} episodes are not published; run playhead ingest --worker --until-empty"
                    )
        except StorageError as error:
            self._notes.append(f"not published: {error}")

    def _vocabulary(self, counted: int) -> Vocabulary:
        """Every term as it was counted then, commonest first."""
        if counted not in self._vocabularies:
            sql = (
                "SELECT terms.term FROM frequencies JOIN terms ON terms.id = frequencies.term "
                'WHERE revision = %s AND alone > 0 ORDER BY alone DESC, terms.term COLLATE "C"'
            )
            rows = self._near.read(lambda connection: connection.execute(sql, (counted,)).fetchall())
            self._vocabularies = {counted: Vocabulary(term for (term,) in rows)}
        return self._vocabularies[counted]


def _versions(connection: Connection) -> tuple[str, str | None]:
    [row] = connection.execute(
        "SELECT current_setting('server_version'), (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
    ).fetchall()
    return str(row[0]).split()[0], row[1]

"""The PostgreSQL engine: a library in a database with pgvector, written to and found in by any number of processes.

It is an adapter: PostgreSQL keeps, finds and copies. What is published is a revision; who asks finds what was there at
that one (`schema`). Vectors are compared one by one while there are few, and by an HNSW index from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from playhead.engine import Description, Model, Receipt, Subscription, Vectors
from playhead.engines.postgres import lexemes, schema, view
from playhead.engines.postgres.connections import Connection, Connections
from playhead.engines.postgres.truth import Truth
from playhead.engines.postgres.view import PostgresView
from playhead.engines.spelling import Vocabulary
from playhead.engines.terms import Analyzer
from playhead.errors import EmbeddingMismatchError, EngineError, StorageError
from playhead.model import Episode, Segment, Transcript

INDEXED_FROM = 20_000
"""Passages from which on meanings have an index: below that, comparing all of them is as quick, and exact."""
COUNTED_AGAIN = 1.2
"""By how much a library grows before it is counted again how common its words are; a small one always is."""
SMALL = 20_000
KEPT_SECONDS = 120
"""For how long what is found no more is kept for views that still find it."""

# Numbers of advisory locks: of whoever makes the index, alone, and of everybody who writes, together.
_INDEXING, _WRITING = 0x506C6178, 0x506C6177


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
            self._model: Model | None = None
            self._analyzer = Analyzer()
            self._terms = lexemes.Terms(self._near)
            self._vocabularies: dict[int, Vocabulary] = {}
            self._notes: list[str] = []
            if writing:
                self._main.hold(_WRITING)
            self._publish_what_is_left()
        except BaseException:
            self.close()
            raise

    def use(self, model: Model) -> None:
        self._truth.use(model, writing=self._writing)
        self._model = model

    def reembed(self, model: Model, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._refuse_to_write()
        self._truth.reembed(model, embed)
        self._model = model

    def put(self, episode: Episode, transcript: Transcript, segments: Sequence[Segment], vectors: Vectors) -> None:
        self._refuse_to_write()
        self._truth.put(episode, transcript, segments, vectors)

    def remove(self, episode_id: str) -> bool:
        self._refuse_to_write()
        return self._truth.remove(episode_id)

    def has(self, episode_id: str, fingerprint: str) -> bool:
        return self._truth.has(episode_id, fingerprint)

    def follow(self, subscription: Subscription) -> None:
        self._truth.follow(subscription)

    def unfollow(self, url: str) -> bool:
        return self._truth.unfollow(url)

    def subscriptions(self) -> list[Subscription]:
        return self._truth.subscriptions()

    def file(self, receipt: Receipt) -> None:
        self._truth.file(receipt)

    def end_visit(self, feed: str) -> None:
        self._truth.end_visit(feed)

    def receipts(self, feed: str) -> list[Receipt]:
        return self._truth.receipts(feed)

    def publish(self) -> int:
        self._refuse_to_write()
        revision = self._main.change(_publish)
        self._index_meanings()
        return revision

    def view(self) -> PostgresView:
        state = self._near.read(view.published)
        if self._model and state.model not in (None, self._model):
            raise EmbeddingMismatchError(
                f"{self._main.name} is embedded with another model than {self._model.name} by now; "
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
            if self._writing or not self._main.is_held(_WRITING):
                self._main.change(_publish)
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

    def _index_meanings(self) -> None:
        """An index of meanings, once there are enough of them and nobody else is making it."""
        state = self._main.read(view.published)
        if state.is_indexed or state.size < INDEXED_FROM or state.model is None:
            return
        with self._main.using() as connection:
            [(is_ours,)] = connection.execute("SELECT pg_try_advisory_lock(%s)", (_INDEXING,)).fetchall()
            if not is_ours:
                return
            try:
                connection.execute("SET statement_timeout = 0")
                connection.execute("SET maintenance_work_mem = '1GB'")
                connection.execute("DROP INDEX CONCURRENTLY IF EXISTS passages_by_meaning")  # one that broke off
                connection.execute(
                    "CREATE INDEX CONCURRENTLY passages_by_meaning ON passages "
                    f"USING hnsw ((embedding::halfvec({state.model.dimension})) halfvec_ip_ops) "
                    "WITH (m = 16, ef_construction = 128)"
                )
            finally:
                connection.execute("SELECT pg_advisory_unlock(%s)", (_INDEXING,))
                connection.execute("RESET statement_timeout")
                connection.execute("RESET maintenance_work_mem")


def _publish(connection: Connection) -> int:
    """Answer from what is kept: the revision that now is. Whoever writes waits for the moment it takes."""
    connection.execute("SET LOCAL statement_timeout = 0")
    [row] = connection.execute("SELECT revision, published FROM library FOR UPDATE").fetchall()
    revision, published = row
    if revision == published:
        return int(revision)
    _index_words(connection)
    [(size,)] = connection.execute(
        "SELECT count(*) FROM passages WHERE born <= %s AND (died IS NULL OR died > %s)", (revision, revision)
    ).fetchall()
    [(counted, before)] = connection.execute(
        "SELECT revision, size FROM counts ORDER BY revision DESC LIMIT 1"
    ).fetchall()
    if size <= SMALL or not before / COUNTED_AGAIN <= size <= before * COUNTED_AGAIN:
        _count(connection, revision, size)
        counted = revision
    connection.execute(
        "INSERT INTO publications SELECT %s, clock_timestamp(), %s, %s, model_name, model_sha256, model_dimension "
        "FROM library",
        (revision, size, counted),
    )
    connection.execute("UPDATE library SET published = %s", (revision,))
    _sweep(connection)
    return int(revision)


def _index_words(connection: Connection) -> None:
    """What finds passages by their words, made with the first publish: a library that is filled at once is quicker."""
    for field in ("alone", "around"):
        connection.execute(f"CREATE INDEX IF NOT EXISTS lexemes_{field} ON lexemes USING gin ({field})".encode())


def _count(connection: Connection, revision: int, size: int) -> None:
    """In how many passages each term stands."""
    connection.execute("INSERT INTO counts VALUES (%s, %s)", (revision, size))
    connection.execute(
        "INSERT INTO frequencies SELECT %(at)s, term, sum(alone), sum(around) FROM ("
        "SELECT unnest(alone) AS term, 1 AS alone, 0 AS around FROM lexemes "
        "WHERE born <= %(at)s AND (died IS NULL OR died > %(at)s) UNION ALL "
        "SELECT unnest(around), 0, 1 FROM lexemes WHERE born <= %(at)s AND (died IS NULL OR died > %(at)s)"
        ") AS counted GROUP BY term",
        {"at": revision},
    )


def _sweep(connection: Connection) -> None:
    """Forget what no view finds any more: a question is answered long before."""
    row = connection.execute(
        "SELECT max(revision) FROM publications WHERE at < clock_timestamp() - make_interval(secs => %s)",
        (KEPT_SECONDS,),
    ).fetchone()
    oldest = row[0] if row else None
    if oldest is None:
        return
    connection.execute("DELETE FROM lexemes WHERE died <= %s", (oldest,))
    connection.execute("DELETE FROM passages WHERE died <= %s", (oldest,))
    connection.execute("DELETE FROM publications WHERE revision < %s", (oldest,))
    connection.execute(
        "DELETE FROM counts WHERE revision < (SELECT min(counted) FROM publications)",
    )


def _versions(connection: Connection) -> tuple[str, str | None]:
    [row] = connection.execute(
        "SELECT current_setting('server_version'), (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
    ).fetchall()
    return str(row[0]).split()[0], row[1]

"""What is kept made findable: by its words first, then all at once, by saying which revision is answered from."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from playhead.engine import Model
from playhead.engines import records
from playhead.engines.postgres import view
from playhead.engines.postgres.connections import Connection, Connections, copy
from playhead.engines.postgres.lexemes import Lexemes, Terms
from playhead.engines.terms import Analyzer

INDEXED_FROM = 20_000
"""Passages from which on meanings have an index: below that, comparing all of them is as quick, and exact."""
COUNTED_AGAIN = 1.2
"""By how much a library grows before it is counted again how common its words are; a small one always is."""
SMALL = 20_000
KEPT_SECONDS = 120
"""For how long what is found no more is kept for views that still find it."""
LEAST_MEMORY_KB = 1 << 20
"""For the making of an index, if the server is not set to give it more: beyond it pgvector slows down a lot."""
TOGETHER = 20
"""Episodes whose words are made in one transaction."""

LEXEMES = {
    "number": "int8", "episode": "int8", "ordinal": "int4", "born": "int8", "kind": "text",
    "alone": "bytea", "around": "bytea", "alone_weights": "bytea", "around_weights": "bytea",
}  # fmt: skip

# Numbers of advisory locks: of whoever makes the index of meanings, and those of words.
_INDEXING, _INDEXING_WORDS = 0x506C6178, 0x506C6162


class Publication:
    """Publishes the library at ``connections``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._terms = Terms(connections)
        self._analyzer = Analyzer()

    def publish(self) -> int:
        """Answer from what is kept: the revision that now is. Whoever writes waits for the moment it takes."""
        while self._connections.change(lambda connection: self._word(connection, wait=False)):
            pass
        self._connections.change(_index_words)
        return self._connections.change(self._publish)

    def waiting(self) -> int:
        """How many episodes are not found by their words yet."""
        [(count,)] = self._connections.read(
            lambda connection: connection.execute("SELECT count(*) FROM wordless").fetchall()
        )
        return int(count)

    def _word(self, connection: Connection, *, wait: bool) -> int:
        """Make what some episodes are found by their words; how many. Those others are at are left, or waited for.

        Nobody replaces or removes them meanwhile: who wants to waits for their row of `wordless`.
        """
        taken = "SELECT episode, revision FROM wordless ORDER BY episode LIMIT %s FOR UPDATE"
        if not wait:
            taken += " SKIP LOCKED"
        revisions: dict[int, int] = dict(connection.execute(taken.encode(), (TOGETHER,)).fetchall())
        connection.execute("DELETE FROM wordless WHERE episode = ANY(%s)", (list(revisions),))
        about = {
            number: self._analyzer.about(title, records.read_names(people), podcast)
            for number, title, people, podcast in connection.execute(
                "SELECT number, title, people, podcast FROM episodes WHERE number = ANY(%s)", (list(revisions),)
            ).fetchall()
        }
        rows = connection.execute(
            "SELECT episode, number, ordinal, kind, passage FROM segments WHERE episode = ANY(%s) "
            "ORDER BY episode, ordinal",
            (list(revisions),),
        ).fetchall()
        spoken = [(number, list(listed)) for number, listed in groupby(rows, key=itemgetter(0))]
        words = [
            Lexemes(
                tuple(kind for *_, kind, _ in listed),
                tuple(self._analyzer.terms(passage) for *_, passage in listed),
                about[number],
            )
            for number, listed in spoken
        ]
        terms = self._terms.numbered(term for lexemes in words for term in lexemes.terms())
        copy(
            connection,
            "lexemes",
            LEXEMES,
            (
                (number, episode, ordinal, revisions[episode], kind, *row)
                for (_, listed), lexemes in zip(spoken, words, strict=True)
                for (episode, number, ordinal, kind, _), row in zip(listed, lexemes.rows(terms), strict=True)
            ),
        )
        return len(revisions)

    def _publish(self, connection: Connection) -> int:
        connection.execute("SET LOCAL statement_timeout = 0")
        [row] = connection.execute("SELECT revision, published FROM library FOR UPDATE").fetchall()
        revision, published = row
        if revision == published:
            return int(revision)
        while self._word(connection, wait=True):
            pass
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

    def index_meanings(self) -> None:
        """An index of meanings, once there are enough of them and nobody else is making it."""
        state = self._connections.read(view.published)
        if state.is_indexed or state.size < INDEXED_FROM or state.model is None:
            return
        with self._connections.using() as connection:
            [(is_ours,)] = connection.execute("SELECT pg_try_advisory_lock(%s)", (_INDEXING,)).fetchall()
            if not is_ours:
                return
            try:
                _make_index(connection, state.model)
            finally:
                connection.execute("SELECT pg_advisory_unlock(%s)", (_INDEXING,))
                connection.execute("RESET statement_timeout")
                connection.execute("RESET maintenance_work_mem")


def _make_index(connection: Connection, model: Model) -> None:
    connection.execute("SET statement_timeout = 0")
    connection.execute(
        "SELECT set_config('maintenance_work_mem', greatest(setting::bigint, %s)::text, false) FROM pg_settings "
        "WHERE name = 'maintenance_work_mem'",
        (LEAST_MEMORY_KB,),
    )
    connection.execute("ANALYZE passages, lexemes, segments, voices")  # autovacuum would, in a minute or so
    connection.execute("DROP INDEX CONCURRENTLY IF EXISTS passages_by_meaning")  # one that broke off
    connection.execute(
        "CREATE INDEX CONCURRENTLY passages_by_meaning ON passages "
        f"USING hnsw ((embedding::halfvec({model.dimension})) halfvec_ip_ops) WITH (m = 24, ef_construction = 128)"
    )


def _index_words(connection: Connection) -> None:
    """What finds passages by their words, made with the first publish: a library that is filled at once is quicker."""
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_INDEXING_WORDS,))
    for field in ("alone", "around"):
        [(is_there,)] = connection.execute(
            "SELECT to_regclass(%s) IS NOT NULL", (f"playhead.lexemes_{field}",)
        ).fetchall()
        if not is_there:
            connection.execute(f"CREATE INDEX lexemes_{field} ON lexemes USING gin ({field})".encode())


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

"""The tables of a library in PostgreSQL, all in a schema of their own called ``playhead``.

Two kinds. The truth: `episodes`, `transcripts`, `segments` and what hangs on them, as they are read. And `passages`
with `lexemes`, by which segments are found: a row of them is of the revisions from ``born`` until before ``died``, so
one that is put or removed is found from the next publish on, and not before, and what was found is of one state. To
publish is to say which revision is answered from, once no episode is `wordless`: one that has passages and no lexemes.
"""

from __future__ import annotations

from uuid import uuid4

from playhead.engines.postgres.connections import Connection, Connections
from playhead.errors import EngineError, ForeignLibraryError, NoLibraryError

VERSION = 2

MADE = (
    """
    CREATE SCHEMA playhead;
    CREATE EXTENSION IF NOT EXISTS vector;

    CREATE TABLE library (
        id text NOT NULL, version int NOT NULL, revision bigint NOT NULL, published bigint NOT NULL,
        model_name text, model_sha256 text, model_dimension int
    );
    CREATE TABLE podcasts (slug text PRIMARY KEY, title text NOT NULL);
    CREATE TABLE episodes (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL UNIQUE, podcast text NOT NULL, title text NOT NULL, published text, description text,
        page_url text, audio_url text, audio_file bytea, duration double precision, language text,
        sources text NOT NULL, fingerprint text NOT NULL, people text NOT NULL, transcribed int NOT NULL,
        time_offset double precision NOT NULL, drift double precision, editions text NOT NULL
    );
    CREATE INDEX episodes_by_podcast ON episodes (podcast);
    CREATE TABLE chapters (
        episode bigint NOT NULL REFERENCES episodes ON DELETE CASCADE, position int NOT NULL,
        number int NOT NULL, title text NOT NULL, time_start double precision, time_end double precision,
        kind text NOT NULL, url text, source text, span_first int, span_last int,
        PRIMARY KEY (episode, position)
    );
    CREATE TABLE transcripts (
        episode bigint PRIMARY KEY REFERENCES episodes ON DELETE CASCADE,
        text text NOT NULL, turns text NOT NULL, stamps text NOT NULL, breaks text NOT NULL, sentences text NOT NULL
    );
    CREATE SEQUENCE numbers;
    CREATE TABLE segments (
        number bigint NOT NULL, episode bigint NOT NULL REFERENCES episodes ON DELETE CASCADE,
        id text NOT NULL, ordinal int NOT NULL, span_first int NOT NULL, span_last int NOT NULL,
        text text NOT NULL, passage text NOT NULL, first_turn int NOT NULL, last_turn int NOT NULL,
        time_start double precision, time_end double precision, time_source text NOT NULL,
        time_error double precision, turns text NOT NULL, sentences text NOT NULL,
        chapter int, chapter_title text, chapter_start double precision, kind text NOT NULL,
        chapter_folded text, vector bytea NOT NULL,
        PRIMARY KEY (episode, number)
    );
    CREATE INDEX segments_by_number ON segments (number);
    CREATE INDEX segments_by_id ON segments (id);
    CREATE TABLE voices (
        segment bigint NOT NULL, episode bigint NOT NULL REFERENCES episodes ON DELETE CASCADE,
        folded text NOT NULL, name text NOT NULL,
        PRIMARY KEY (episode, segment, folded)
    );
    CREATE INDEX voices_by_name ON voices (folded);

    CREATE TABLE passages (
        number bigint NOT NULL, episode bigint NOT NULL, ordinal int NOT NULL,
        born bigint NOT NULL, died bigint,
        episode_id text NOT NULL, podcast text NOT NULL, day int, chapter int, title text, kind text NOT NULL,
        speakers text[] NOT NULL, names text[] NOT NULL, embedding halfvec NOT NULL,
        PRIMARY KEY (episode, number, born)
    ) WITH (fillfactor = 90);
    CREATE INDEX passages_by_number ON passages (number);
    CREATE INDEX passages_by_episode ON passages (episode_id);
    CREATE INDEX passages_by_podcast ON passages (podcast);
    CREATE INDEX passages_by_day ON passages (day);
    CREATE INDEX passages_by_kind ON passages (kind) WHERE kind <> 'content';
    CREATE INDEX passages_by_speaker ON passages USING gin (speakers);
    CREATE INDEX passages_dead ON passages (died) WHERE died IS NOT NULL;

    CREATE TABLE lexemes (
        number bigint NOT NULL, episode bigint NOT NULL, ordinal int NOT NULL, born bigint NOT NULL, died bigint,
        kind text NOT NULL,
        alone int[] NOT NULL, around int[] NOT NULL,
        alone_weights sparsevec NOT NULL, around_weights sparsevec NOT NULL,
        PRIMARY KEY (episode, number, born)
    ) WITH (toast_tuple_target = 8160);
    CREATE INDEX lexemes_dead ON lexemes (died) WHERE died IS NOT NULL;

    CREATE TABLE terms (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, term text NOT NULL UNIQUE);
    CREATE TABLE publications (
        revision bigint PRIMARY KEY, at timestamptz NOT NULL, size bigint NOT NULL, counted bigint NOT NULL,
        model_name text, model_sha256 text, model_dimension int
    );
    CREATE TABLE counts (revision bigint PRIMARY KEY, size bigint NOT NULL);
    CREATE TABLE frequencies (
        revision bigint NOT NULL REFERENCES counts ON DELETE CASCADE, term int NOT NULL,
        alone bigint NOT NULL, around bigint NOT NULL,
        PRIMARY KEY (revision, term)
    );

    CREATE TABLE feeds (url text PRIMARY KEY, podcast text, etag text, last_modified text);
    CREATE TABLE receipts (
        feed text NOT NULL, item text NOT NULL, episode text NOT NULL, fingerprint text NOT NULL, files text NOT NULL,
        is_of_this_visit boolean NOT NULL, PRIMARY KEY (feed, item)
    );
    CREATE INDEX receipts_by_episode ON receipts (episode);

    CREATE TABLE jobs (
        id text PRIMARY KEY, state text NOT NULL, asked timestamptz NOT NULL, changed timestamptz NOT NULL,
        due timestamptz, episode text, fingerprint text, job text NOT NULL,
        claims bigint NOT NULL DEFAULT 0, lease timestamptz
    );
    CREATE INDEX jobs_unfinished ON jobs ((episode IS NOT NULL), asked, id) WHERE state IN ('queued', 'running');
    CREATE INDEX jobs_by_episode ON jobs (episode) WHERE state IN ('queued', 'running');
    CREATE INDEX jobs_by_state ON jobs (state, changed);
    CREATE TABLE job_files (
        job text NOT NULL REFERENCES jobs ON DELETE CASCADE, name text NOT NULL, piece int NOT NULL,
        data bytea NOT NULL, PRIMARY KEY (job, name, piece)
    );
    """,
    # Rows are kept as they come, which is what loading took longest over: no foreign keys of many rows, which are
    # written and removed under a lock on their episode, and no compression.
    """
    CREATE TABLE wordless (episode bigint PRIMARY KEY, revision bigint NOT NULL);
    ALTER TABLE segments DROP CONSTRAINT segments_episode_fkey, SET (toast_tuple_target = 8160);
    ALTER TABLE voices DROP CONSTRAINT voices_episode_fkey;
    ALTER TABLE transcripts ALTER text SET STORAGE EXTERNAL, ALTER turns SET STORAGE EXTERNAL,
        ALTER stamps SET STORAGE EXTERNAL, ALTER breaks SET STORAGE EXTERNAL, ALTER sentences SET STORAGE EXTERNAL;
    """,
)
"""What makes a library of each version from one of the version before; the first from nothing."""

SPREAD = (
    "SELECT create_distributed_table('passages', 'episode')",
    "SELECT create_distributed_table('lexemes', 'episode', colocate_with => 'passages')",
)
"""What Citus does with a new library, where the database has that extension: an episode stays in one place, and what
takes the memory and the time of a search is on as many servers as there are. The rest is the coordinator's."""

WRITING = 0x506C6177  # an advisory lock's number: of everybody who writes, together
_MIGRATING = 0x506C6179  # an advisory lock's number: one process at a time


def prepare(connections: Connections, *, writing: bool) -> None:
    """Make the tables, or bring them up to this version; who only reads finds them ready, or says what is missing.

    Raises NoLibraryError, or ForeignLibraryError for tables of another version that this cannot bring up.
    """
    version = connections.read(version_of)
    if version > VERSION:
        raise ForeignLibraryError(
            f"The library at {connections.name} is of version {version}, this Playhead reads {VERSION}; "
            "use the Playhead that made it, or a newer one."
        )
    if version < VERSION:
        if writing and version and connections.is_held(WRITING):
            raise EngineError(
                f"{connections.name} is of version {version}, this Playhead writes {VERSION}, and others have it open "
                "for writing; stop the older workers, and run this again."
            )
        if not writing and version:
            raise ForeignLibraryError(
                f"The library at {connections.name} is of version {version}, this Playhead reads {VERSION}; "
                "a worker brings it up when it starts: run playhead ingest --worker --until-empty."
            )
        if not writing:
            raise NoLibraryError(
                f"There is no library at {connections.name} yet; "
                "run playhead ingest PATH with the same PLAYHEAD_ENGINE."
            )
        connections.change(_bring_up)


def version_of(connection: Connection) -> int:
    """The version of the tables; 0 where there are none."""
    row = connection.execute("SELECT to_regclass('playhead.library')::text").fetchone()
    if row is None or row[0] is None:
        return 0
    found = connection.execute("SELECT version FROM playhead.library").fetchone()
    return int(found[0]) if found else 0


def _bring_up(connection: Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
    version = version_of(connection)
    for statements in MADE[version:]:
        connection.execute(statements.encode())
    if version == 0:
        connection.execute("INSERT INTO library VALUES (%s, %s, 0, 0)", (uuid4().hex, VERSION))
        connection.execute("INSERT INTO counts VALUES (0, 0)")
        connection.execute("INSERT INTO publications VALUES (0, now(), 0, 0, NULL, NULL, NULL)")
        if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone():
            for statement in SPREAD:
                connection.execute(statement.encode())
    else:
        connection.execute("UPDATE library SET version = %s", (VERSION,))

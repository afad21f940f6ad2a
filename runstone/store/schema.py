"""Every table, once, for SQLite and PostgreSQL alike.

Portable subset only: no triggers, procedures or extensions. Instants are UTC
microseconds in a BIGINT (`Instant`), documents are JSON text exactly as they came.
Rows that a person can delete carry `deleted_at` and stay until the grace period ends.
Migrations in `store/sql/migrations` build these tables; a test compares the two.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    collate,
    func,
    text,
    type_coerce,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """A UTC instant, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Aware datetime to microseconds."""
        if value is None:
            return None
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Microseconds to aware datetime."""
        if value is None:
            return None
        return _EPOCH + timedelta(microseconds=int(value))


# SQLite gives row ids only to INTEGER keys; PostgreSQL wants 64 bits.
BigId = BigInteger().with_variant(Integer, "sqlite")

# Text that its index orders by code point, as SQLite always does.
ByCodePoint = Text().with_variant(Text(collation="C"), "postgresql")


def _id() -> Column[int]:
    return Column("id", BigId, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, BigId, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


LIVE = text("deleted_at IS NULL")


def _unique_live(name: str, *columns: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=LIVE, postgresql_where=LIVE)


def _index_live(name: str, *columns: Any) -> Index:
    return Index(name, *columns, sqlite_where=LIVE, postgresql_where=LIVE)


# --- people -----------------------------------------------------------------------------

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

organization = Table(
    "organization",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("entity_id", BigId, nullable=True),  # the entity that owns this organization's registries
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    _unique_live("uq_organization_name_live", "name"),
)

entity = Table(
    "entity",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # user | team | organization
    _ref("organization_id", "organization", nullable=True, index=True),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    _unique_live("uq_entity_name_live", "name"),
)

user_account = Table(
    "user_account",
    metadata,
    _id(),
    Column("username", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("admin", Boolean, nullable=False, default=False),
    Column("service", Boolean, nullable=False, default=False),  # an account for machines, not a person
    Column("password_hash", Text),
    Column("flags", Text, nullable=False, default="{}"),
    _ref("entity_id", "entity"),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    _unique_live("uq_user_account_username_live", "username"),
)

member = Table(  # people of a team or organization entity
    "member",
    metadata,
    Column("entity_id", BigId, ForeignKey("entity.id"), primary_key=True),
    Column("user_id", BigId, ForeignKey("user_account.id"), primary_key=True, index=True),
    Column("role", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

project_member = Table(  # rights beyond those of the owner: registry members, restricted projects
    "project_member",
    metadata,
    Column("project_id", BigId, ForeignKey("project.id"), primary_key=True),
    Column("entity_id", BigId, ForeignKey("entity.id"), primary_key=True, index=True),  # a person's or a team
    Column("role", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    _id(),
    _ref("user_id", "user_account", index=True),
    Column("digest", Text, nullable=False, unique=True),  # HMAC-SHA256, hex
    Column("prefix", Text, nullable=False),  # the part that may be shown
    Column("description", Text, nullable=False, default=""),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", Text, primary_key=True),
    _ref("user_id", "user_account", index=True),
    Column("purpose", Text, nullable=False),  # sign-in | invitation
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Instant, nullable=False, index=True),
    Column("user_id", BigId),
    Column("action", Text, nullable=False),  # the action's name: delete_run, link_version ...
    Column("noun", Text, nullable=False),
    Column("noun_id", BigId),
    Column("project_id", BigId, index=True),
    Column("detail", Text, nullable=False, default="{}"),  # JSON
)

# --- projects and runs -------------------------------------------------------------------

project = Table(
    "project",
    metadata,
    _id(),
    _ref("entity_id", "entity", index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, default="project"),  # project | model-registry | registry
    Column("visibility", Text, nullable=False, default="private"),
    Column("wire_access", Text),  # the access word the client gave, returned as it came
    Column("description", Text),
    Column("settings", Text, nullable=False, default="{}"),  # JSON
    Column("created_by", BigId),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    _unique_live("uq_project_entity_id_name_live", "entity_id", "name"),
)

run = Table(
    "run",
    metadata,
    _id(),
    _ref("project_id", "project"),
    Column("name", Text, nullable=False),  # run_id of the client
    Column("ordinal", Integer, nullable=False),  # 1, 2, ... in its project, never reused: its colour
    Column("display_name", Text, nullable=False),
    Column("notes", Text),
    Column("description", Text),
    Column("group_name", Text),
    Column("job_type", Text),
    Column("tags", Text, nullable=False, default="[]"),  # JSON list
    Column("state", Text, nullable=False),
    Column("state_cause", Text),  # heartbeat lost | exit code N | killed by X | pre-empted ...
    Column("state_at", Instant, nullable=False),
    Column("exit_code", Integer),
    Column("stop_requested_at", Instant),
    Column("started", Boolean, nullable=False, default=False),  # a client has initialised it
    Column("begins_anew", Boolean, nullable=False, default=False),  # known before its first line came
    # Where line 0 of the present process' console lies; none until its first line has come.
    Column("console_base", BigInteger),
    Column("epoch", Integer, nullable=False, default=0),
    # Its history up to a step is another run's (a fork) or its own from before (rewound): whose, up to
    # which step, and the number of its own first line.
    Column("branch_run_id", BigId),
    Column("branch_step", BigInteger),
    Column("branch_line", BigInteger),
    # Where line 0 of the present process' history lies, of a branch; none until its first line has come.
    Column("history_base", BigInteger),
    # By how much the steps of a run that several processes write are ahead of its lines: what it began with
    # may have had steps of its own.
    Column("steps_ahead", BigInteger),
    Column("writer_id", Text),  # the process that writes it, as the client names itself
    Column("contested_at", Instant),  # another process wanted to write while the first was still beating
    Column("user_id", BigId, index=True),
    Column("host", Text),
    Column("program", Text),
    Column("repo", Text),
    Column("commit_hash", Text),
    Column("debug", Boolean),
    Column("sweep_id", BigId, index=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("heartbeat_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("deleted_at", Instant),
    Column("freed_at", Instant),  # its history and files are gone for good
    # Last: what stands behind a long text is slow to reach in SQLite.
    Column("config", Text, nullable=False, default="{}"),
    Column("summary", Text, nullable=False, default="{}"),
    _unique_live("uq_run_project_id_name_live", "project_id", "name"),
    _index_live("ix_run_project_id_id", "project_id", "id"),
    _index_live("ix_run_project_id_created_at", "project_id", "created_at", "id"),
    _index_live("ix_run_project_id_heartbeat_at", "project_id", "heartbeat_at", "id"),
    _index_live("ix_run_project_id_user_id", "project_id", "user_id", "id"),
    Index("uq_run_project_id_ordinal", "project_id", "ordinal", unique=True),
    Index("ix_run_name", "name"),
    Index("ix_run_state_heartbeat_at", "state", "heartbeat_at"),
)

# How long a run has taken, in microseconds, and the texts that the table of runs is sorted by.
RUN_DURATION = type_coerce(func.coalesce(run.c.ended_at, run.c.heartbeat_at), BigInteger) - type_coerce(
    run.c.created_at, BigInteger
)
SORTED_TEXTS = {
    "name": run.c.name,
    "display_name": run.c.display_name,
    "state": run.c.state,
    "group": run.c.group_name,
    "job_type": run.c.job_type,
    "host": run.c.host,
    "tags": run.c.tags,
}
_index_live("ix_run_duration", run.c.project_id, RUN_DURATION, run.c.id)
for _name, _column in SORTED_TEXTS.items():
    _sqlite = _index_live(f"ix_run_{_name}_sorted", run.c.project_id, _column, run.c.id)
    _sqlite.ddl_if(dialect="sqlite")
    # As SQLite compares, by code point, whatever the language of the database.
    _postgres = _index_live(f"ix_run_{_name}_by_code", run.c.project_id, collate(_column, "C"), run.c.id)
    _postgres.ddl_if(dialect="postgresql")

value_path = Table(
    "value_path",
    metadata,
    _id(),
    _ref("project_id", "project"),
    Column("path", Text, nullable=False),  # config.lr, summary.val/acc ...
    UniqueConstraint("project_id", "path"),
)

run_value = Table(
    "run_value",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("path_id", BigId, primary_key=True),
    Column("project_id", BigId, nullable=False),
    Column("num", Double),
    Column("str", ByCodePoint),
    Index("ix_run_value_num", "project_id", "path_id", "num", "run_id"),
    Index(
        "ix_run_value_str",
        "project_id",
        "path_id",
        "str",
        "run_id",
        sqlite_where=text("str IS NOT NULL"),
        postgresql_where=text("str IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

run_file = Table(
    "run_file",
    metadata,
    _id(),
    _ref("run_id", "run"),
    Column("name", Text, nullable=False),
    Column("blob_id", BigId, index=True),  # None: offered, never uploaded
    Column("size_bytes", BigInteger, nullable=False, default=0),
    Column("md5", Text),  # hex
    Column("mimetype", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("run_id", "name"),
)

alert = Table(
    "alert",
    metadata,
    _id(),
    _ref("run_id", "run", index=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("repeats", Integer, nullable=False, default=0),  # same title within its waiting time
    Column("created_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
)

# --- history -----------------------------------------------------------------------------
# epoch: restarts of a run, 0 until used. writer: always 0; what several processes send to one run becomes
# its one stream.

run_stream = Table(
    "run_stream",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("writer", Integer, primary_key=True),
    Column("stream", Integer, primary_key=True),  # 0 history, 1 system, 2 console
    Column("next_line", BigInteger, nullable=False, default=0),
    Column("sealed_line", BigInteger, nullable=False, default=0),
    Column("next_seq", Integer, nullable=False, default=0),
    Column("tail_lines", BigInteger, nullable=False, default=0),
    Column("tail_bytes", BigInteger, nullable=False, default=0),
    Column("arrivals", BigInteger, nullable=False, default=0),
    Column("level0", Boolean, nullable=False, default=True),
    Column("first_ts", Double),
    Column("last_step", BigInteger, nullable=False, default=0),  # step of the last sealed line
    Column("last_write", Instant, nullable=False),
    Column("closed", Boolean, nullable=False, default=False),
)

tail = Table(
    "tail",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("writer", Integer, primary_key=True),
    Column("stream", Integer, primary_key=True),
    Column("line0", BigInteger, primary_key=True),
    Column("arrival", BigInteger, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("raw_bytes", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),  # zstd of the lines joined by newlines
    sqlite_with_rowid=False,
)

segment = Table(
    "segment",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("writer", Integer, primary_key=True),
    Column("stream", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("line0", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("step_lo", BigInteger),
    Column("step_hi", BigInteger),
    Column("time_lo", Double),
    Column("time_hi", Double),
    Column("blob_id", BigId, nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("footer", LargeBinary),
)

# One of several processes that write one run side by side (shared mode).
run_writer = Table(
    "run_writer",
    metadata,
    _id(),
    _ref("run_id", "run"),
    Column("epoch", Integer, nullable=False),
    Column("name", Text, nullable=False),  # the id that its client invented
    Column("label", Text),  # what people call it; none until it has sent a line that tells
    # The line that it sends next, by its own count; none before its first.
    Column("history_line", BigInteger),
    Column("system_line", BigInteger),
    Column("console_line", BigInteger),
    # What it said last, as JSON: what it repeats must not take away what others have said since.
    Column("config", Text, nullable=False, default="{}"),
    Column("summary", Text, nullable=False, default="{}"),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("run_id", "name"),
)

# Where console lines of such a process lie in the run's console: it may print a line anew.
run_writer_line = Table(
    "run_writer_line",
    metadata,
    Column("writer_id", BigId, ForeignKey("run_writer.id"), primary_key=True),
    Column("line0", BigInteger, primary_key=True),  # by its own count
    Column("place", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    _ref("run_id", "run", index=True),
    sqlite_with_rowid=False,
)

metric_key = Table(
    "metric_key",
    metadata,
    _id(),
    _ref("project_id", "project"),
    Column("name", Text, nullable=False),
    UniqueConstraint("project_id", "name"),
)

run_key = Table(
    "run_key",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("writer", Integer, primary_key=True),
    Column("stream", Integer, primary_key=True),
    Column("key_id", BigId, primary_key=True),
    Column("kind", Integer, nullable=False),  # bit set of domain.history.Kind
    Column("n", BigInteger, nullable=False),
    Column("first_line", BigInteger, nullable=False),
    Column("last_line", BigInteger, nullable=False),
    Column("first_num", Double),  # first and last finite number, which tell whether the key ever falls
    Column("last_num", Double),
    Column("last_text", Text),  # the last value as JSON
    Column("min", Double),
    Column("max", Double),
    Column("monotonic", Boolean, nullable=False, default=True),
    Column("counts", Text, nullable=False),  # JSON: how many values of each kind, by domain.history's words
    sqlite_with_rowid=False,
)

series = Table(
    "series",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("writer", Integer, primary_key=True),
    Column("stream", Integer, primary_key=True),
    Column("key_id", BigId, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("line_lo", BigInteger, nullable=False),
    Column("line_hi", BigInteger, nullable=False),
    Column("step_lo", BigInteger),
    Column("step_hi", BigInteger),
    Column("data", LargeBinary, nullable=False),
)

job = Table(
    "job",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False, default=0),
    Column("last_error", Text),
    UniqueConstraint("kind", "subject"),
    Index("ix_job_due_at", "due_at"),
)

# --- bytes -------------------------------------------------------------------------------

blob = Table(
    "blob",
    metadata,
    _id(),
    Column("addr", Text, nullable=False, unique=True),  # e/{entity}/m/{md5hex} or s/{..}/{sha256}
    Column("size_bytes", BigInteger, nullable=False),
    Column("md5", Text, index=True),  # hex
    Column("state", Text, nullable=False),  # pending (perhaps in the bucket) | ready | doomed
    Column("created_at", Instant, nullable=False),
    Column("doomed_at", Instant),
)

blob_owner = Table(  # the ledger: who owns each byte
    "blob_owner",
    metadata,
    Column("blob_id", BigId, primary_key=True),
    Column("kind", Text, primary_key=True),  # run_file | version | manifest | upload | segment
    Column("owner_id", BigId, primary_key=True),  # run or version; upload: the version being made
    Column("project_id", BigId, nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Index("ix_blob_owner_owner", "kind", "owner_id"),
)

# --- artifacts ---------------------------------------------------------------------------

artifact_type = Table(
    "artifact_type",
    metadata,
    _id(),
    _ref("project_id", "project"),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("project_id", "name"),
)

collection = Table(
    "collection",
    metadata,
    _id(),
    _ref("project_id", "project"),
    _ref("type_id", "artifact_type"),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # sequence: versions born here; portfolio: versions linked here
    Column("description", Text),
    Column("next_number", Integer, nullable=False, default=0),
    Column("ttl_seconds", BigInteger),
    Column("created_by", BigId),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    _unique_live("uq_collection_project_id_name_live", "project_id", "name"),
)

collection_tag = Table(
    "collection_tag",
    metadata,
    Column("collection_id", BigId, ForeignKey("collection.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("created_at", Instant, nullable=False),
)

version = Table(
    "version",
    metadata,
    _id(),
    _ref("collection_id", "collection", index=True),  # the source sequence
    _ref("project_id", "project", index=True),
    Column("state", Text, nullable=False),  # pending | committed | deleted
    Column("number", Integer),  # v0, v1 ... in its source, given at commit, never reused
    Column("digest", Text, nullable=False),
    Column("digest_algorithm", Text, nullable=False, default="MANIFEST_MD5"),
    Column("description", Text),
    Column("metadata", Text),  # JSON text as it came, or None
    Column("pending_aliases", Text, nullable=False, default="[]"),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    Column("file_count", Integer, nullable=False, default=0),
    Column("ttl_seconds", BigInteger),  # None: inherited; -2: never expires
    Column("client_id", Text),
    Column("distributed_id", Text),
    Column("base_version_id", BigId),
    Column("history_step", BigInteger),
    Column("commit_hash", Text),
    Column("created_by", BigId),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("committed_at", Instant),
    Column("deleted_at", Instant),
    Index("ix_version_collection_id_digest", "collection_id", "digest"),
    Index("uq_version_collection_id_number", "collection_id", "number", unique=True),
)

version_tag = Table(
    "version_tag",
    metadata,
    Column("version_id", BigId, ForeignKey("version.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("created_at", Instant, nullable=False),
)

client_name = Table(  # ids that clients invent before the server gives its own
    "client_name",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("noun", Text, nullable=False),  # version | collection
    Column("noun_id", BigId, nullable=False),
    Column("project_id", BigId, nullable=False),
)

membership = Table(  # a version in a collection: its source, or a link
    "membership",
    metadata,
    _id(),
    _ref("collection_id", "collection"),
    _ref("version_id", "version", index=True),
    Column("number", Integer, nullable=False),  # v0, v1 ... in this collection, never reused
    Column("created_by", BigId),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    _unique_live("uq_membership_collection_id_version_id_live", "collection_id", "version_id"),
    UniqueConstraint("collection_id", "number"),
)

alias = Table(
    "alias",
    metadata,
    _id(),
    _ref("collection_id", "collection"),
    _ref("membership_id", "membership", index=True),
    Column("name", ByCodePoint, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("collection_id", "name"),
)

manifest = Table(
    "manifest",
    metadata,
    _id(),
    _ref("version_id", "version", index=True),
    Column("kind", Text, nullable=False),  # FULL | INCREMENTAL | PATCH
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, default=""),
    Column("blob_id", BigId, index=True),
    Column("base_version_id", BigId),
    Column("current", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("version_id", "name"),
)

manifest_entry = Table(
    "manifest_entry",
    metadata,
    Column("version_id", BigId, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("digest", Text, nullable=False),  # as in the manifest: base64 md5, ETag or address
    Column("size_bytes", BigInteger, nullable=False, default=0),
    Column("ref", Text),
    Column("extra", Text),  # JSON
    Column("blob_id", BigId, index=True),
    sqlite_with_rowid=False,
)

edge = Table(  # lineage, and nothing else is
    "edge",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("version_id", BigId, primary_key=True, index=True),
    Column("kind", Text, primary_key=True),  # made | used
    Column("used_as", Text),
    Column("created_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# --- sweeps ------------------------------------------------------------------------------

sweep = Table(
    "sweep",
    metadata,
    _id(),
    _ref("project_id", "project"),
    Column("name", Text, nullable=False),  # the short id in addresses
    Column("display_name", Text),
    Column("description", Text),
    Column("config_text", Text, nullable=False),  # exactly as it came
    Column("method", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_cause", Text),
    Column("warnings", Text, nullable=False, default="[]"),  # JSON list
    Column("seed", BigInteger, nullable=False),
    Column("run_cap", Integer),
    Column("next_seq", Integer, nullable=False, default=0),
    Column("since_seq", Integer, nullable=False, default=0),  # first slot under the present configuration
    Column("metric_name", Text),  # what is optimised, after the rescue of a misspelt name
    Column("controller", Text),
    Column("scheduler", Text),
    Column("user_id", BigId),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("heartbeat_at", Instant),
    Column("deleted_at", Instant),
    _unique_live("uq_sweep_project_id_name_live", "project_id", "name"),
)

sweep_run = Table(
    "sweep_run",
    metadata,
    Column("sweep_id", BigId, ForeignKey("sweep.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("run_name", Text, nullable=False),
    Column("run_id", BigId, index=True),
    Column("agent_id", BigId, index=True),
    Column("state", Text, nullable=False),  # domain.trial.SlotState
    Column("cause", Text),  # why it ended so, for people
    Column("deliveries", Integer, nullable=False, default=0),  # how often an agent was told to start it
    Column("seen", Boolean, nullable=False, default=False),  # its agent has reported it alive
    Column("params", Text),  # JSON
    Column("params_digest", Text),
    Column("repeat", Integer, nullable=False, default=0),
    Column("search_info", Text),  # JSON: why this point
    Column("value", Double),  # derived from history, can be rebuilt
    Column("progress", Text),  # JSON: hyperband's band values, count, last
    Column("stop_requested", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("sweep_id", "params_digest", "repeat"),
    UniqueConstraint("sweep_id", "run_name"),
)

sweep_prior = Table(
    "sweep_prior",
    metadata,
    Column("sweep_id", BigId, ForeignKey("sweep.id"), primary_key=True),
    Column("run_id", BigId, primary_key=True),
)

agent = Table(
    "agent",
    metadata,
    _id(),
    _ref("sweep_id", "sweep", index=True),
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False, default=""),
    Column("state", Text, nullable=False),
    Column("run_state", Text, nullable=False, default="{}"),  # JSON, as last reported
    Column("user_id", BigId),
    Column("created_at", Instant, nullable=False),
    Column("heartbeat_at", Instant, nullable=False),
)

# --- views -------------------------------------------------------------------------------

view = Table(
    "view",
    metadata,
    _id(),
    _ref("project_id", "project", index=True),
    Column("type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("display_name", Text),
    Column("description", Text),
    Column("spec", Text, nullable=False, default="{}"),  # JSON text exactly as it came
    Column("created_using", Text),
    Column("locked", Boolean, nullable=False, default=False),
    Column("revision", Integer, nullable=False, default=1),
    Column("parent_id", BigId),  # a draft's published view
    Column("user_id", BigId),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Index("ix_view_project_id_type_name", "project_id", "type", "name"),
)

share_link = Table(
    "share_link",
    metadata,
    _id(),
    _ref("view_id", "view", index=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("created_by", BigId),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
)

custom_chart = Table(
    "custom_chart",
    metadata,
    _id(),
    _ref("entity_id", "entity"),
    Column("name", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("chart_type", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("entity_id", "name"),
)

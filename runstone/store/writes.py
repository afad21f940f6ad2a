"""All writes, by noun, inside one transaction: `store.write(lambda tx: tx.insert_run(...))`.

Only actions use this module. A `Transaction` also reads, and sees its own writes.
"""

from runstone.store.reads import Reads
from runstone.store.sql.alert import AlertWrites
from runstone.store.sql.artifact import ArtifactWrites
from runstone.store.sql.audit import AuditWrites
from runstone.store.sql.blob import BlobWrites
from runstone.store.sql.collection import CollectionWrites
from runstone.store.sql.file import FileWrites
from runstone.store.sql.job import JobWrites
from runstone.store.sql.manifest import ManifestWrites
from runstone.store.sql.project import ProjectWrites
from runstone.store.sql.run import RunWrites
from runstone.store.sql.run_removal import RemovalWrites
from runstone.store.sql.segment import SegmentWrites
from runstone.store.sql.sweep import SweepWrites
from runstone.store.sql.trial import TrialWrites
from runstone.store.sql.user import UserWrites
from runstone.store.sql.view import ViewWrites
from runstone.store.sql.writer import WriterWrites


class Transaction(
    UserWrites,
    ProjectWrites,
    AuditWrites,
    BlobWrites,
    CollectionWrites,
    ArtifactWrites,
    ManifestWrites,
    SweepWrites,
    TrialWrites,
    ViewWrites,
    RunWrites,
    AlertWrites,
    SegmentWrites,
    JobWrites,
    FileWrites,
    RemovalWrites,
    WriterWrites,
    Reads,
):
    """The writes of every noun over one connection, committed together or not at all."""

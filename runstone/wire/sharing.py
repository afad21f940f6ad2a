"""How a client says that it writes a run side by side with other processes (`mode="shared"`)."""

from collections.abc import Mapping

from runstone.domain.errors import Invalid
from runstone.domain.naming import storable
from runstone.domain.sharing import LONGEST_NAME

SHARED = "x-wandb-use-async-filestream"
NAMES = ("x-wandb-async-client-id", "x-wandb-client-id")  # of streams, and of everything else


def writer_named(headers: Mapping[str, str]) -> str | None:
    """The name that such a process has invented for itself; None for a process that writes alone.

    Raises `Invalid` when it says that it shares its run, but not who it is.
    """
    if SHARED not in headers:
        return None
    name = next((headers[one] for one in NAMES if headers.get(one)), "")
    if not 0 < len(name) <= LONGEST_NAME or name != storable(name):
        raise Invalid(
            f"mode='shared': expected the header {NAMES[0]} or {NAMES[1]} with the process' name (up to "
            f"{LONGEST_NAME} characters), got {name[:40]!r}. Clients from wandb 0.19 on send it."
        )
    return name

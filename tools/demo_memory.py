"""What the demo remembers in its clone: the server's port and key, the data's source, stage times."""

import json
import secrets
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = "remembered.json"


@dataclass
class Memory:
    """Contents of `demo-data/demo/remembered.json`; seconds by profile and stage."""

    port: int = 0
    key: str = ""
    source: str = ""
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)

    def times(self, profile: str) -> dict[str, float]:
        """How long each stage of a profile took when it last went well."""
        return self.seconds.setdefault(profile, {})


def recall(directory: Path) -> Memory:
    """What is remembered; a file that can't be read counts as none."""
    try:
        known = json.loads((directory / FILE).read_text(encoding="utf-8"))
        memory = Memory(int(known["port"]), str(known["key"]), str(known["source"]))
        memory.seconds = {
            str(profile): {str(stage): float(took) for stage, took in times.items()}
            for profile, times in known["seconds"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        memory = Memory()
    memory.key = memory.key or secrets.token_hex(20)
    return memory


def remember(directory: Path, memory: Memory) -> None:
    """Write it whole or not at all; it holds a key, so only its owner may read it."""
    fresh = directory / (FILE + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(memory), indent=1) + "\n", encoding="utf-8")
    fresh.replace(directory / FILE)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def free_port(remembered: int) -> int:
    """The remembered port where it is free, else another."""
    if remembered and is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

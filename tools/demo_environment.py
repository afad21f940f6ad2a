"""What the demo's programs see of the caller's environment: nothing that leads out of the clone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Each of these can send runs elsewhere, load other code or write outside the clone.
DROPPED = ("WANDB_", "RUNSTONE_", "PYTHON", "KERAS_", "TF_", "MPL", "XDG_", "OTEL_", "JAX_")
DROPPED_NAMES = frozenset({"HOME", "NETRC", "TMPDIR", "TEMP", "TMP", "USERPROFILE", "SSLKEYLOGFILE"})
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# A socket's path has at most 107 characters, and the wandb client puts one below TMPDIR.
LONGEST_TEMPORARY = 60


@dataclass(frozen=True)
class Places:
    """Where the demo keeps what: everything lies below the clone."""

    root: Path = ROOT
    scaled: bool = False

    @property
    def data(self) -> Path:
        """The server's data directory."""
        return self.root / ("demo-data-scaled" if self.scaled else "demo-data")

    @property
    def own(self) -> Path:
        """What belongs to the demo and not to the server."""
        return self.data / "demo"

    @property
    def logs(self) -> Path:
        """One log for each stage, and the server's."""
        return self.own / "logs"

    @property
    def home(self) -> Path:
        """HOME of the stages."""
        return self.own / "home"

    @property
    def keras(self) -> Path:
        """KERAS_HOME of the stages; a downloaded MNIST stays here."""
        return self.own / "keras"

    @property
    def settings_file(self) -> Path:
        """Settings of the pipelines."""
        return self.root / "app" / ".env"

    def prepare(self) -> None:
        """Make the folders; only their owner may look into them."""
        for folder in (self.data, self.own, self.logs, self.home, self.keras, self.own / "tmp"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def without_proxy(environment: Mapping[str, str]) -> str:
    """The caller's `no_proxy` with the loopback addresses in it."""
    known = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = [host.strip() for host in known.split(",") if host.strip()]
    return ",".join([*hosts, *(host for host in LOOPBACK if host not in hosts)])


def clean(inherited: Mapping[str, str], places: Places) -> dict[str, str]:
    """The environment of the demo's programs: `inherited` without strays, with folders in the clone."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.upper().startswith(DROPPED) and name.upper() not in DROPPED_NAMES
    }
    own, home, proxies = places.own, places.home, without_proxy(inherited)
    kept.update(
        HOME=str(home),
        XDG_CACHE_HOME=str(home / ".cache"),
        XDG_CONFIG_HOME=str(home / ".config"),
        XDG_DATA_HOME=str(home / ".local" / "share"),
        XDG_STATE_HOME=str(home / ".local" / "state"),
        KERAS_HOME=str(places.keras),
        MPLCONFIGDIR=str(home / "matplotlib"),
        WANDB_DIR=str(own),
        WANDB_CACHE_DIR=str(own / "wandb-cache"),
        WANDB_CONFIG_DIR=str(home / ".config" / "wandb"),
        WANDB_DATA_DIR=str(own / "wandb-data"),
        WANDB_ARTIFACT_DIR=str(own / "artifacts"),
        WANDB_ERROR_REPORTING="false",
        PYTHONNOUSERSITE="1",
        PYTHONUNBUFFERED="1",
        PYTHONUTF8="1",
        no_proxy=proxies,
        NO_PROXY=proxies,
    )
    temporary = str(own / "tmp")
    if len(temporary) <= LONGEST_TEMPORARY:
        kept["TMPDIR"] = temporary
    return kept


def of_pipelines(base: Mapping[str, str], address: str, key: str) -> dict[str, str]:
    """`base` with the settings that the pipelines need. They win over `app/.env`."""
    # The client measures the machine each 15 s by default: too seldom for stages of ten seconds.
    return {**base, **pipeline_settings(address, key), "WANDB__STATS_SAMPLING_INTERVAL": "2"}


def pipeline_settings(address: str, key: str) -> dict[str, str]:
    """The settings of the demo, as in `app/.env.example`."""
    return {
        "WANDB_BASE_URL": address,
        "WANDB_API_KEY": key,
        "WANDB_ENTITY": "admin",
        "WANDB_PROJECT": "MNIST",
        "WANDB_MODEL_RETRAIN": "MNIST_CNN:candidate",
        "WANDB_MODEL_EVAL": "MNIST_CNN:to_evaluate",
    }


WRITTEN_BY = "# Written by `make demo`, which keeps it up to date until this line is removed."


def write_settings_file(places: Places, address: str, key: str) -> bool:
    """Write `app/.env` unless a person made the one there; says whether it was written."""
    file = places.settings_file
    if file.exists() and WRITTEN_BY not in file.read_text(encoding="utf-8", errors="replace"):
        return False
    lines = [WRITTEN_BY, *(f"{name}={value}" for name, value in pipeline_settings(address, key).items())]
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return True

"""Settings of the pipelines: the environment, then `app/.env`."""

import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from app.utils.problems import Problem, Unreachable

ENV_FILE = Path(__file__).parent.parent / ".env"
NAMES = (
    "WANDB_BASE_URL",
    "WANDB_API_KEY",
    "WANDB_ENTITY",
    "WANDB_PROJECT",
    "WANDB_MODEL_RETRAIN",
    "WANDB_MODEL_EVAL",
)
CLOUD = "https://api.wandb.ai"
ANSWER_TIMEOUT_S = 10
FROM_ENVIRONMENT = "the environment"
FROM_FILE = "app/.env"


@dataclass(frozen=True)
class Settings:
    """Values by name, and for each where it came from. What is empty counts as not set."""

    values: Mapping[str, str]
    sources: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """A value, or None where it is not set."""
        return self.values.get(name)

    @property
    def project(self) -> str:
        """The project that everything is logged to."""
        return self.values["WANDB_PROJECT"]

    @property
    def entity(self) -> str | None:
        """The owner of the project; None: the default one of the key."""
        return self.values.get("WANDB_ENTITY")


def read_settings(environment: Mapping[str, str], file: Path) -> Settings:
    """Settings of `environment`, completed by the file where there is one."""
    written = dotenv_values(file, interpolate=False) if file.exists() else {}
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for name in NAMES:
        for source, given in ((FROM_ENVIRONMENT, environment.get(name)), (FROM_FILE, written.get(name))):
            if given and given.strip():
                values[name], sources[name] = given.strip(), source
                break
    return Settings(values, sources)


def require(settings: Settings, *names: str) -> None:
    """Raise `Problem` that names those of `names` that are not set."""
    missing = [name for name in names if name not in settings.values]
    if missing:
        raise Problem(
            f"You need to set {', '.join(missing)} in the environment or in app/.env "
            "(app/.env.example shows how)"
        )


def first_line(settings: Settings) -> str:
    """Where a stage logs to, and which setting came from where."""
    home = settings.get("WANDB_BASE_URL") or CLOUD
    by_source = {
        source: [name for name in NAMES if settings.sources.get(name) == source]
        for source in (FROM_ENVIRONMENT, FROM_FILE)
    }
    outside, written = by_source[FROM_ENVIRONMENT], by_source[FROM_FILE]
    if outside and written:
        said = f"{', '.join(outside)} from {FROM_ENVIRONMENT}, the rest from {FROM_FILE}"
    else:
        said = f"all settings from {FROM_FILE if written else FROM_ENVIRONMENT}"
    return f"Logging to {home}, project {settings.project} ({said})"


def insist_on_answer(address: str) -> None:
    """Raise `Unreachable` where nobody answers: the wandb client would go on trying for minutes."""
    try:
        urllib.request.urlopen(
            urllib.request.Request(address, method="HEAD"), timeout=ANSWER_TIMEOUT_S
        ).close()
    except urllib.error.HTTPError:
        pass  # any answer will do
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Unreachable(
            f"nobody answers at {address} ({reason}); start the server, or mend WANDB_BASE_URL"
        ) from None


def begin(*names: str) -> Settings:
    """Read the settings, insist on `names`, hand all to wandb and say where it logs to."""
    settings = read_settings(os.environ, ENV_FILE)
    require(settings, *names)
    # The wandb client reads these by itself; the rest of its settings stay as the caller has them.
    os.environ.update(settings.values)
    print(first_line(settings), flush=True)
    address = settings.get("WANDB_BASE_URL")
    if address and os.environ.get("WANDB_MODE", "online") == "online":
        insist_on_answer(address)
    return settings

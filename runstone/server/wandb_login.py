"""Writes what `wandb login` writes: the key into the netrc file, the address into wandb's settings."""

import configparser
import netrc
import os
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from runstone.domain.errors import Invalid


def netrc_path(home: Path) -> Path:
    """The netrc file that wandb clients read: `$NETRC`, else `.netrc` or `_netrc`, whichever is there."""
    if os.environ.get("NETRC"):
        return Path(os.environ["NETRC"]).expanduser()
    other = home / "_netrc"
    return other if other.exists() and not (home / ".netrc").exists() else home / ".netrc"


def settings_path(home: Path) -> Path:
    """wandb's settings file of this person."""
    return Path(os.environ.get("WANDB_CONFIG_DIR") or home / ".config" / "wandb").expanduser() / "settings"


def write_key(path: Path, url: str, key: str) -> None:
    """Replace the entry of the server's host in a netrc file (made with mode 0600), keep all others.

    Raises `Invalid` when the file is there but broken: a careless rewrite could lose other passwords.
    """
    machine = urlsplit(url).netloc
    kept: list[str] = []
    if path.exists():
        try:
            netrc.netrc(path)
        except (netrc.NetrcParseError, OSError) as error:
            raise Invalid(f"{path} can't be read ({error}). Mend or move it, then log in again.") from None
        kept = _without(path.read_text().splitlines(), machine)
    entry = [f"machine {shlex.quote(machine)}", "  login user", f"  password {shlex.quote(key)}", ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join([*kept, *entry]))


def _without(lines: list[str], machine: str) -> list[str]:
    """The lines of all other entries."""
    kept, skipping = [], False
    for line in lines:
        words = line.split()
        if words[:1] == ["machine"]:
            skipping = words[1:2] in ([machine], [shlex.quote(machine)])
        elif words[:1] in (["default"], ["macdef"]):
            skipping = False
        if not skipping:
            kept.append(line)
    return kept


def write_address(path: Path, url: str) -> None:
    """Set `base_url` in wandb's settings file, keep everything else in it."""
    parser = configparser.ConfigParser(interpolation=None)
    if path.exists():
        try:
            parser.read(path)
        except configparser.Error as error:
            raise Invalid(f"{path} can't be read ({error}). Mend or move it, then log in again.") from None
    if not parser.has_section("default"):
        parser.add_section("default")
    parser.set("default", "base_url", url)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        parser.write(file)

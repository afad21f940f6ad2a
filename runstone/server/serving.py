"""From settings to a listening server, and down again without losing what was accepted."""

import errno
import gc
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from types import FrameType

import uvicorn

from runstone.actions.sign_in import create_sign_in_link, set_up
from runstone.domain.errors import Conflict, Invalid, RunstoneError
from runstone.jobs.house import working
from runstone.server.app import create_app, utc_now
from runstone.server.data_directory import owned, prepare, remember_address
from runstone.server.logs import set_up_logs
from runstone.server.printing import out
from runstone.server.protocol import Protocol
from runstone.server.settings import Settings
from runstone.server.workers import supervise
from runstone.store.opening import Store, opened

EVERY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound
OPEN_REQUESTS_S = 15  # how long a stop waits for requests that are being answered


def serve_until_stopped(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises `RunstoneError` when the server can't start."""
    if settings.workers > 1 and settings.uses_sqlite:
        raise Invalid(
            f"--workers {settings.workers}: a SQLite database has one server process. For more, use "
            "PostgreSQL (--db postgresql://USER@HOST/NAME), or leave --workers out."
        )
    set_up_logs(settings.log_level, settings.log_format)
    prepare(settings.data_dir, sqlite=settings.uses_sqlite)
    with (
        stopping_politely(),
        owned(settings.data_dir, exclusive=settings.uses_sqlite),
        nullcontext() if settings.role == "worker" else listening(settings) as listener,
    ):
        if listener is not None:
            settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        with opened(settings.db_url, settings.blobs_url, settings.s3) as store:
            if listener is None:
                out.print("Runstone does background work only (--role worker).", markup=False)
            else:
                introduce(store, settings)
            if settings.workers == 1:
                serve_store(store, settings, listener)
        if settings.workers > 1:
            supervise(settings, listener)


def introduce(store: Store, settings: Settings) -> None:
    """Set up what the first start needs, and say where the server answers."""
    made = set_up(store, settings.admin_api_key or None, utc_now())
    address = local_address(settings)
    remember_address(settings.data_dir, address)
    link = None
    if made is not None:
        link = f"{address}/login?token={create_sign_in_link(store, 'admin', utc_now())}"
    announce(settings, address, None if settings.admin_api_key else made, link)


def serve_store(store: Store, settings: Settings, listener: socket.socket | None) -> None:
    """Answer requests, do background work, or both (`--role`), until a signal."""
    silence, grace = timedelta(seconds=settings.heartbeat_timeout_s), timedelta(hours=settings.grace_hours)
    jobs = nullcontext() if settings.role == "server" else working(store, utc_now, silence, grace)
    with store.shared(), jobs:
        if listener is None:
            with suppress(KeyboardInterrupt):
                threading.Event().wait()
        else:
            # Nobody's first chart waits for it, nor the start itself.
            threading.Thread(target=warm_up, args=(store,), daemon=True).start()
            server = uvicorn.Server(configuration(create_app(store, settings)))
            # What lives as long as the process is not looked at again by every search for garbage.
            gc.collect()
            gc.freeze()
            run(server, listener)


def warm_up(store: Store) -> None:
    """Do ahead what only the first chart would wait for. A database that is away for a moment does no harm:
    that chart waits then."""
    with suppress(RunstoneError), store.reading() as reads:
        reads.warm_up()


def configuration(app: object) -> uvicorn.Config:
    """How uvicorn runs the application. Logging and request ids are ours."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=Protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=OPEN_REQUESTS_S,
    )


def run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Run until a signal; requests that are open then are still answered."""
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@contextmanager
def stopping_politely() -> Iterator[None]:
    """Let SIGTERM leave every block properly, so that the store finishes its queue and closes.

    uvicorn takes the signal while it serves, and raises it again when it is done.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def listening(settings: Settings) -> socket.socket:
    """The listening socket. Raises `Conflict` when the port is taken, `Invalid` for a strange address."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror as error:
        raise Invalid(
            f"--host {settings.host}: not an address of this machine ({error.strerror}). "
            "Use 127.0.0.1 for this machine alone, 0.0.0.0 for every network."
        ) from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else small answers wait 40 ms
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"Port {settings.port} of {settings.host} is in use by another program. Stop that one, or "
                f"choose another port: runstone serve --port {settings.port + 1} (0 picks a free one)."
            ) from None
        raise Invalid(
            f"Can't listen on {settings.host}:{settings.port} ({error.strerror}). Choose another --host or "
            "--port; ports below 1024 need special rights."
        ) from None
    return listener


def local_address(settings: Settings) -> str:
    """An address at which a browser on this machine reaches the server."""
    if settings.public_url:
        return settings.public_url
    host = "127.0.0.1" if settings.host in EVERY_ADDRESS else settings.host
    return f"http://{'[' + host + ']' if ':' in host else host}:{settings.port}"


def network_address(settings: Settings) -> str:
    """An address at which other machines reach the server, as far as this machine can tell."""
    if settings.public_url:
        return settings.public_url
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which of our addresses would
            host = probe.getsockname()[0]
        except OSError:
            host = socket.gethostname()
    return f"http://{host}:{settings.port}"


def announce(settings: Settings, address: str, key: str | None, link: str | None) -> None:
    """Print where the server answers, and at the first start how to sign in: this once."""
    out.print(f"Runstone serves at {address}   (data in {settings.data_dir.absolute()})", markup=False)
    if key is not None:
        out.print(f"API key of the user admin, shown this once: {key}", markup=False)
    if link is not None:
        out.print(f"Sign in within a day, works once: {link}", markup=False)
    if settings.host in EVERY_ADDRESS:
        shared = network_address(settings)
        out.print("A colleague exports these two lines:", markup=False)
        out.print(f"  export WANDB_BASE_URL={shared}", markup=False)
        out.print(f"  export WANDB_API_KEY=...   # an own key, from {shared}/authorize", markup=False)

"""The whole application in this process, as a browser or a script meets it."""

from collections.abc import Callable
from datetime import datetime

from starlette.testclient import TestClient

from runstone.server.app import create_app
from runstone.server.settings import Settings
from runstone.store.opening import Store
from tests.conftest import NOW

BASE_URL = "http://runs.test"


def client_of(
    store: Store,
    key: str | None = None,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    raise_defects: bool = True,
    **settings: object,
) -> TestClient:
    """A client of the application over `store`; with `key`, every request is signed with it."""
    app = create_app(store, Settings(**settings), clock)  # type: ignore[arg-type]
    client = TestClient(app, base_url=BASE_URL, follow_redirects=False, raise_server_exceptions=raise_defects)
    if key is not None:
        client.auth = ("api", key)
    return client


def browser_of(store: Store, **settings: object) -> TestClient:
    """A client that asks for pages and says where its forms come from, as browsers do."""
    client = client_of(store, **settings)  # type: ignore[arg-type]
    client.headers.update({"Accept": "text/html", "Origin": str(settings.get("public_url") or BASE_URL)})
    return client

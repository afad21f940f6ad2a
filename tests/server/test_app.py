"""What surrounds every request: ids, addresses, headers, health, defects."""

import asyncio
import base64
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.types import Message

from runstone.actions.project import create_project
from runstone.domain.errors import Unavailable
from runstone.domain.viewer import Role
from runstone.server.app import create_app
from runstone.server.logs import Json, Words, request_id
from runstone.server.settings import Settings
from runstone.store.opening import Store, opened
from runstone.wire.signing import Links
from tests.conftest import ADMIN_KEY, NOW, People
from tests.web import browser_of, client_of


def test_health_needs_no_sign_in(store: Store) -> None:
    client = client_of(store)
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/ready").json() == {"status": "ready"}
    shown = client.get("/metrics").text
    assert 'runstone_requests_total{method="GET",route="/healthz",status="200"} 1.0' in shown
    assert "runstone_writes_waiting 0.0" in shown


def test_not_ready_says_why(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def down() -> Iterator[None]:
        raise Unavailable("The database does not answer just now.")
        yield

    monkeypatch.setattr(store.database, "reading", down)
    answer = client_of(store).get("/ready")
    assert answer.status_code == 503
    assert "does not answer" in answer.json()["reason"]


def test_metrics_name_routes_not_addresses(store: Store, people: People) -> None:
    client = client_of(store, ADMIN_KEY)
    client.get("/lab/secret-project")
    client.put("/api/admin/users/dora")
    shown = client.get("/metrics").text
    assert "secret-project" not in shown
    assert "dora" not in shown


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("", False)]
)
def test_request_ids(store: Store, sent: str, kept: bool) -> None:
    answer = client_of(store).get("/healthz", headers={"X-Request-Id": sent})
    assert (answer.headers["x-request-id"] == sent) is kept
    assert answer.headers["x-request-id"]


def test_every_answer_is_locked_down(store: Store, people: People) -> None:
    for path in ("/healthz", "/api/openapi.json", "/nothing/here/at/all/of/it", "/login"):
        headers = browser_of(store).get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_no_page_may_load_from_elsewhere_or_send_there(store: Store, people: People) -> None:
    own = re.compile(r"'(none|self|unsafe-inline|sha256-[\w+/=]+)'|data:|blob:")
    reader = client_of(store, people.keys["ben"])
    reader.headers["Accept"] = "text/html"
    for path in ("/", "/login", "/lab/p/runs/r1", "/settings", "/authorize", "/healthz", "/api/openapi.json"):
        policy = reader.get(path).headers["content-security-policy"]
        words = [one.split() for one in policy.split(";") if one.strip()]
        assert words[0][0] == "default-src"
        strange = [source for _, *sources in words for source in sources if not own.fullmatch(source)]
        assert strange == [], path


@pytest.mark.parametrize(
    ("settings", "headers", "expected"),
    [
        ({}, {"Host": "box.lan:8080"}, "http://box.lan:8080"),
        ({}, {"Host": "[fe80::1]:8080"}, "http://[fe80::1]:8080"),
        ({}, {"Host": 'x"><script>'}, "http://127.0.0.1:8080"),
        ({}, {"Host": "a.test", "X-Forwarded-Host": "evil.test"}, "http://a.test"),
        ({"allowed_hosts": "a.test, b.test"}, {"Host": "B.test:1"}, "http://B.test:1"),
        ({"allowed_hosts": "a.test"}, {"Host": "evil.test"}, "http://127.0.0.1:8080"),
        ({"public_url": "https://r.test/x"}, {"Host": "a.test"}, "https://r.test/x"),
    ],
)
def test_the_address_that_clients_are_told(
    store: Store, settings: dict[str, str], headers: dict[str, str], expected: str
) -> None:
    refusal = client_of(store, **settings).post("/graphql", json={}, headers=headers)  # type: ignore[arg-type]
    assert f"({expected})" in refusal.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        ("10.0.0.0/8", "https://r.test/runs"),
        ("10.1.2.3", "https://r.test/runs"),
        ("10.9.9.9", "http://a.test"),
    ],
)
def test_only_known_proxies_are_believed(store: Store, trusted: str, expected: str) -> None:
    client = client_of(store, trusted_proxies=trusted)
    client._transport.client = ("10.1.2.3", 5)  # type: ignore[attr-defined]
    headers = {
        "Host": "a.test",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "r.test, inner.test",
        "X-Forwarded-Prefix": "/runs",
    }
    said = client.post("/graphql", json={}, headers=headers).json()["errors"][0]["message"]
    assert f"({expected})" in said


def test_rights_given_by_another_process_count_at_once(
    store: Store, people: People, db_url: str, tmp_path: Path
) -> None:
    """Who makes a team at one process is not refused at the next one, which has just seen them without it."""
    create_project(store, people.ada, "lab", "p", NOW)
    client = client_of(store, people.keys["eve"])

    def seen() -> object:
        asked = {"query": '{ project(name: "p", entityName: "lab") { name } }'}
        return client.post("/graphql", json=asked).json()["data"]["project"]

    assert client.get("/api/projects").json()["projects"] == []
    assert seen() is None
    eve = people.eve.user_id
    assert eve is not None
    with opened(db_url, str(tmp_path / "blobs")) as other:
        other.write(lambda tx: tx.set_member(people.lab, eve, Role.MEMBER, NOW))
        assert seen() == {"name": "p"}


def test_below_a_path(store: Store, people: People) -> None:
    create_project(store, people.ada, "lab", "p", NOW)
    client = client_of(store, ADMIN_KEY, public_url="https://r.test/runs")
    for path in ("/runs/lab/p", "/lab/p"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert 'href="https://r.test/runs/lab"' in answer.text


def test_a_defect_is_answered_and_logged(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(store, "check", broken)
    answer = client_of(store, raise_defects=False).get("/ready", headers={"X-Request-Id": "r1"})
    assert answer.status_code == 500
    assert "planted" not in answer.text
    assert answer.json()["error"]["request_id"] == "r1"
    assert "planted" in caplog.text


@pytest.mark.parametrize("number", [28, 122])
def test_a_full_disk_is_507(store: Store, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full() -> None:
        raise OSError(number, "no room")

    monkeypatch.setattr(store, "check", full)
    assert client_of(store).get("/ready").status_code == 507


def test_log_lines_carry_the_request(store: Store) -> None:
    record = logging.LogRecord("runstone", logging.INFO, "", 0, "%s done", ("it",), None)
    record.ms = 1.5
    token = request_id.set("r1")
    try:
        assert '"request_id":"r1"' in Json().format(record)
        assert '"message":"it done"' in Json().format(record)
        assert Words().format(record).endswith("INFO    it done  ms=1.5 request_id=r1")
    finally:
        request_id.reset(token)


def test_logs_show_no_signed_address(store: Store, people: People, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "runstone.requests")
    token = Links("", store.secret, people.ben.user_id, NOW).run_file_upload(1, "a.txt").split("/")[3]
    assert client_of(store).put(f"/files/@/{token}/a.txt", content=b"x").status_code == 404
    assert "PUT /files/@/***/a.txt 404" in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("path", ["/graphql", "/files/lab/p/r/file_stream", "/files/@/TOKEN/a.bin"])
def test_a_client_that_goes_away_is_no_defect(
    store: Store, people: People, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.INFO, "runstone.requests")
    token = Links("", store.secret, people.ben.user_id, NOW).run_file_upload(1, "a.bin").split("/")[3]
    sent = asyncio.run(cut_off(store, path.replace("TOKEN", token), people.keys["ben"]))
    assert sent == []
    (record,) = caplog.records
    assert (record.levelname, record.getMessage().split()[-1]) == ("INFO", "499")


async def cut_off(store: Store, path: str, key: str) -> list[Message]:
    """What is answered to a client whose line is cut in the midst of its request."""
    messages: list[Message] = [
        {"type": "http.request", "body": b'{"quer', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    credentials = base64.b64encode(f"api:{key}".encode())
    scope = {
        "type": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "method": "PUT" if "@" in path else "POST",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"host", b"runs.test"), (b"authorization", b"Basic " + credentials)],
    }
    await create_app(store, Settings(), lambda: NOW)(scope, receive, send)
    return sent

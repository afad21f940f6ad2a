"""Signing in with a browser: what it takes, what it may do, what it can't be tricked into."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from runstone.actions.sign_in import create_sign_in_link, viewer_of_key
from runstone.actions.user import put_user
from runstone.store.opening import Store
from tests.conftest import ADMIN_KEY, NOW, People
from tests.web import BASE_URL, browser_of, client_of


@pytest.fixture
def browser(store: Store, people: People) -> TestClient:
    """A browser that ben has signed in with a password."""
    put_user(store, people.ada, "ben", NOW, password="correct horse")
    made = browser_of(store)
    answer = made.post("/login", data={"username": "ben", "password": "correct horse"})
    assert answer.status_code == 303
    return made


def token_in(text: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', text)
    assert found is not None, text
    return found.group(1)


def test_the_cookie_is_kept_from_scripts_and_other_sites(store: Store, people: People) -> None:
    put_user(store, people.ada, "ben", NOW, password="correct horse")
    answer = browser_of(store).post("/login", data={"username": "ben", "password": "correct horse"})
    cookie = answer.headers["set-cookie"]
    assert re.match(r"runstone_[0-9a-f]{8}=", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    secure = browser_of(store, public_url="https://runs.example.org/below")
    cookie = secure.post("/below/login", data={"username": "ben", "password": "correct horse"}).headers[
        "set-cookie"
    ]
    assert "Secure" in cookie
    assert "Path=/below;" in cookie


@pytest.mark.parametrize(
    ("username", "password"), [("ben", "wrong horse"), ("who", "correct horse"), ("eve", "")]
)
def test_wrong_names_and_passwords_look_alike(
    store: Store, people: People, username: str, password: str
) -> None:
    put_user(store, people.ada, "ben", NOW, password="correct horse")
    answer = browser_of(store).post("/login", data={"username": username, "password": password or " "})
    assert answer.status_code == 401
    assert "User name or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers


def test_a_key_signs_in_its_own_person(store: Store, people: People) -> None:
    form = {"username": "eve", "password": people.keys["eve"]}
    assert browser_of(store).post("/login", data=form).status_code == 303
    assert browser_of(store).post("/login", data=form | {"username": "ben"}).status_code == 401


def test_a_link_works_once_and_for_a_day(store: Store, people: People) -> None:
    token = create_sign_in_link(store, "eve", NOW)
    browser = browser_of(store)
    assert browser.get(f"/login?token={token}", headers={"Sec-Purpose": "prefetch"}).status_code == 204
    assert browser.get(f"/login?token={token}&next=/eve").headers["location"] == f"{BASE_URL}/eve"
    assert "eve" in browser.get("/eve").text
    assert "was used already" in browser_of(store).get(f"/login?token={token}").text
    late = create_sign_in_link(store, "eve", NOW - timedelta(hours=25))
    expired = browser_of(store).get(f"/login?token={late}")
    assert expired.status_code == 401
    assert "has expired" in expired.text
    assert "not known here" in browser_of(store).get("/login?token=cut").text


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_no_sign_in_leads_elsewhere(store: Store, people: People, target: str) -> None:
    form = {"username": "eve", "password": people.keys["eve"], "next": target}
    assert browser_of(store).post("/login", data=form).headers["location"] == f"{BASE_URL}/"


def test_authorize_makes_a_key_and_shows_it_once(store: Store, people: People, browser: TestClient) -> None:
    page = browser.get("/authorize")
    assert page.headers["cache-control"] == "no-store"
    form = {"description": "laptop", "form_token": token_in(page.text)}
    shown = browser.post("/authorize", data=form).text
    key = re.search(r'class="key">([0-9a-z]{40})<', shown)
    assert key is not None
    with store.reading() as reads:
        assert viewer_of_key(reads, key.group(1)).username == "ben"
    later = browser.get("/authorize").text
    assert key.group(1) not in later
    assert key.group(1)[:6] in later
    assert "laptop" in later


def test_a_revoked_key_ends(store: Store, people: People, browser: TestClient) -> None:
    page = browser.get("/authorize").text
    key_id = re.search(r'name="key_id" value="(\d+)"', page)
    assert key_id is not None
    form = {"key_id": key_id.group(1), "form_token": token_in(page)}
    assert browser.post("/authorize/revoke", data=form).status_code == 303
    question = {"query": "{ viewer { username } }"}
    assert client_of(store, people.keys["ben"]).post("/graphql", json=question).status_code == 401


def test_settings_are_for_whoever_is_signed_in(store: Store, browser: TestClient) -> None:
    page = browser.get("/settings?tab=teams")
    assert page.status_code == 200
    assert "<h1>ben</h1>" in page.text
    assert f'href="{BASE_URL}/authorize"' in page.text
    answer = browser_of(store).get("/settings?tab=teams")
    assert answer.headers["location"] == f"{BASE_URL}/login?next=%2Fsettings%3Ftab%3Dteams"


def test_authorize_leads_to_the_form_and_back(store: Store) -> None:
    answer = browser_of(store).get("/authorize?ref=models")
    assert answer.headers["location"] == f"{BASE_URL}/login?next=%2Fauthorize%3Fref%3Dmodels"
    assert "by its administrators" in browser_of(store).get("/authorize?signup=true").text


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {}],
    ids=["origin", "null", "fetch", "silent"],
)
def test_another_site_can_not_use_the_sign_in(
    store: Store, browser: TestClient, headers: dict[str, str]
) -> None:
    del browser.headers["Origin"]
    browser.headers.update(headers)
    question = {"query": "{ viewer { username } }"}
    assert browser.post("/graphql", json=question).status_code == 401
    assert browser.put("/api/admin/users/dora", headers={"Accept": "application/json"}).status_code == 401
    assert browser.post("/authorize", data={"description": "mine"}).status_code == 401


def test_a_form_needs_its_token(store: Store, browser: TestClient) -> None:
    assert browser.post("/authorize", data={"description": "x", "form_token": "0" * 64}).status_code == 403
    assert browser.post("/logout", data={}).status_code == 403


def test_signing_out(store: Store, browser: TestClient) -> None:
    token = token_in(browser.get("/").text)
    assert browser.post("/logout", data={"form_token": token}).status_code == 303
    assert browser.get("/").headers["location"].startswith(f"{BASE_URL}/login")


def test_a_session_ends_with_time_password_and_person(store: Store, people: People) -> None:
    put_user(store, people.ada, "ben", NOW, password="correct horse")
    now = [NOW]
    browser = client_of(store, clock=lambda: now[0])
    browser.headers.update({"Accept": "text/html", "Origin": BASE_URL})
    form = {"username": "ben", "password": "correct horse"}
    browser.post("/login", data=form)
    now[0] = NOW + timedelta(days=29)
    assert browser.get("/").status_code == 200
    put_user(store, people.ada, "ben", NOW, password="battery staple")
    assert browser.get("/").status_code == 303
    browser.post("/login", data=form | {"password": "battery staple"})
    assert browser.get("/").status_code == 200
    cookie = dict(browser.cookies)
    fresh = client_of(store, clock=lambda: NOW + timedelta(days=60))
    fresh.cookies.update(cookie)
    assert fresh.get("/", headers={"Accept": "text/html"}).status_code == 303


def test_a_forged_cookie_is_nobody(store: Store, browser: TestClient) -> None:
    name, value = next(iter(browser.cookies.items()))
    other = browser_of(store)
    other.cookies.set(name, value[:-3] + "abc")
    assert other.get("/").status_code == 303


def test_keys_are_not_in_pages(store: Store, people: People, browser: TestClient) -> None:
    for path in ("/", "/authorize", "/ben"):
        assert people.keys["ben"] not in browser.get(path).text
        assert ADMIN_KEY not in browser.get(path).text


def test_plain_pages_take_the_chosen_theme_and_have_an_icon(store: Store) -> None:
    stranger = browser_of(store)
    assert '<html lang="en">' in stranger.get("/login").text
    stranger.cookies.set("runstone_theme", "dark")
    assert 'data-theme="dark"' in stranger.get("/login").text
    stranger.cookies.set("runstone_theme", '"><script>')
    assert "script" not in stranger.get("/login").text
    icon = stranger.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert f'href="{BASE_URL}/favicon.ico"' in stranger.get("/login").text


def test_a_refused_sign_in_is_told_at_its_fields(store: Store) -> None:
    page = browser_of(store).post("/login", data={"username": "ben", "password": "guess"}).text
    assert 'role="alert">User name or password is wrong.' in page
    assert page.count('aria-invalid="true" aria-describedby="problem"') == 2
    assert 'value="ben"' in page

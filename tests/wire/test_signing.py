"""Links that carry their own permission."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.errors import Denied
from runstone.wire.signing import DOWNLOAD_LIFETIME, LINK_PREFIX, Links, Purpose, read_token

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = b"s" * 32
LINKS = Links("https://box.example:8443/runstone", SECRET, 7, NOW)


def token_of(url: str) -> str:
    path = urlsplit(url).path
    return path.split(LINK_PREFIX, 1)[1].split("/")[0]


@given(st.integers(1, 2**40), st.text(min_size=1, max_size=80).filter(lambda name: "\ud800" not in name))
def test_a_link_says_what_it_was_made_for(run_id: int, name: str) -> None:
    grant = read_token(SECRET, token_of(LINKS.run_file_upload(run_id, name)), NOW)
    assert grant.purpose is Purpose.PUT_RUN_FILE
    assert grant.subject == (run_id, name)
    assert grant.user_id == 7


def test_a_link_begins_with_the_address_of_the_client_and_ends_with_the_name() -> None:
    url = LINKS.run_file(3, "media/a #1%.png")
    assert url.startswith("https://box.example:8443/runstone/files/@/")
    assert url.endswith("/a%20%231%25.png")


def test_a_link_expires() -> None:
    token = token_of(LINKS.run_file(3, "a"))
    assert read_token(SECRET, token, NOW + DOWNLOAD_LIFETIME).subject == (3, "a")
    with pytest.raises(Denied, match="valid until"):
        read_token(SECRET, token, NOW + DOWNLOAD_LIFETIME + timedelta(seconds=1))


@pytest.mark.parametrize("change", [lambda t: t[:-2], lambda t: "x" + t, lambda t: ""])
def test_a_changed_link_is_refused(change: object) -> None:
    with pytest.raises(Denied, match="was not made by this server"):
        read_token(SECRET, change(token_of(LINKS.run_file(3, "a"))), NOW)  # type: ignore[operator]


def test_a_link_of_another_server_is_refused() -> None:
    with pytest.raises(Denied):
        read_token(b"t" * 32, token_of(LINKS.blob(1, 2, "a")), NOW)

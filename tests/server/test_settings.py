"""Settings: flags before the environment before defaults; wrong values are named."""

from pathlib import Path

import pytest

from runstone.domain.errors import Invalid
from runstone.server.settings import settings_from


def test_defaults() -> None:
    settings = settings_from({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.db_url == "sqlite:///runstone-data/runstone.db"
    assert settings.blobs_url == "runstone-data/blobs"
    assert settings.uses_sqlite


def test_a_flag_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_PORT", "9001")
    monkeypatch.setenv("RUNSTONE_DATA_DIR", "/srv/data")
    settings = settings_from({"port": 9002, "data_dir": None})
    assert settings.port == 9002
    assert settings.data_dir == Path("/srv/data")


@pytest.mark.parametrize(
    ("flags", "environment", "words"),
    [
        ({}, {"RUNSTONE_PORT": "abc"}, ["RUNSTONE_PORT", "'abc'", "integer"]),
        ({"port": 70000}, {}, ["--port", "70000", "65535"]),
        ({"log_format": "xml"}, {}, ["--log-format", "'text' or 'json'"]),
        ({"public_url": "runs.example.org"}, {}, ["--public-url", "https://"]),
        ({"workers": 0}, {"RUNSTONE_PORT": "x"}, ["--workers", "RUNSTONE_PORT"]),
    ],
)
def test_wrong_values_are_named(
    monkeypatch: pytest.MonkeyPatch, flags: dict[str, object], environment: dict[str, str], words: list[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Invalid) as caught:
        settings_from(flags)
    for word in words:
        assert word in caught.value.message


def test_the_public_address_has_no_slash_at_the_end() -> None:
    assert settings_from({"public_url": "https://a.example/runs/"}).public_url == "https://a.example/runs"

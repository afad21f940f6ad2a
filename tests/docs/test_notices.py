"""What Runstone is made of is named, and free."""

from pathlib import Path

import pytest

from tools import build_ui

ROOT = Path(__file__).parents[2]


def test_packages_are_named_with_their_licences() -> None:
    """Those of the lock file and of `pyproject.toml`; with the texts of what is installed."""
    text = build_ui.notices(ROOT)
    assert "dompurify" in text
    assert "Apache-2.0" in next(line for line in text.splitlines() if line.startswith("dompurify"))
    assert any(line.startswith("sqlalchemy ") and line.endswith("MIT") for line in text.splitlines())
    assert "vitest" not in text
    if (ROOT / "web" / "node_modules").is_dir():
        assert "Permission is hereby granted, free of charge" in text


def test_a_licence_that_nobody_has_allowed_ends_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the package and its licence."""
    monkeypatch.setattr(build_ui, "FREE", build_ui.FREE - {"OFL-1.1"})
    with pytest.raises(build_ui.NotFree, match=r"@fontsource-variable/inter .* is under OFL-1\.1"):
        build_ui.notices(ROOT)

"""Every page in both themes: it loads, it is accessible, it asks no other host; its picture is kept.

Add a page with one line. Look at the pictures in `web/tests/gallery/` after a change.
"""

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Opener
from tests.ui.site import THEMES

pytestmark = pytest.mark.slow

# Name of the picture, address, and a text that is there when the page is complete.
PAGES = (
    ("home", "/", "digits"),
    ("workspace", "/lab/digits", "epoch/loss, val_loss"),
    ("runs", "/lab/digits/table", "diverged"),
    ("run-charts", "/lab/digits/runs/train1", "epoch/loss, val_loss"),
    ("run-overview", "/lab/digits/runs/train1?tab=overview", "learning_rate"),
    ("run-system", "/lab/digits/runs/train1?tab=system", "System"),
    ("run-logs", "/lab/digits/runs/train1?tab=logs", "val_loss"),
    ("run-files", "/lab/digits/runs/train1?tab=files", "requirements.txt"),
    ("run-code", "/lab/digits/runs/train1?tab=code", "digits.py"),
    ("run-artifacts", "/lab/digits/runs/train1?tab=artifacts", "digits-model"),
    ("run-absent", "/lab/digits/runs/nobody", "nobody"),
    ("artifacts", "/lab/digits/artifacts", "digits-model"),
    ("artifact", "/lab/digits/artifacts/model/digits-model/v1", "digits-model"),
    ("sweeps", "/lab/digits/sweeps", "sweep"),
    ("project-overview", "/lab/digits/overview", "Newest runs"),
    ("project-settings", "/lab/digits/settings", "Who changed what"),
    ("registry", "/registry", "Registry"),
    ("settings", "/settings", "API keys"),
    ("settings-teams", "/settings?tab=teams", "ben@example.org"),
    ("settings-about", "/settings?tab=about", "dompurify"),
)


@pytest.mark.parametrize(("name", "path", "text"), PAGES, ids=[name for name, _, _ in PAGES])
def test_page(open_window: Opener, name: str, path: str, text: str) -> None:
    """The page shows what it should, without a serious finding, and so it does when the theme is changed."""
    window = open_window()
    if name.endswith("-absent"):
        window.expected.append("404")
    page = window.open(path)
    expect(page.locator("#root, main").get_by_text(text).first).to_be_visible()
    for theme in THEMES:
        if name.endswith("-absent"):  # a page of the server's own, without scripts
            page.emulate_media(color_scheme=theme)
        else:
            if theme != THEMES[0]:
                page.keyboard.press(".")
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
        window.settle()
        window.shoot(f"{name}-{theme}")
        assert window.violations() == []

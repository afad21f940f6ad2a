"""Every link of a document leads somewhere: to a file that is there, and to a heading that it has."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
DOCUMENTS = subprocess.run(LISTED, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def anchors(document: Path) -> set[str]:
    """The addresses of a document's headings, as code hosts make them."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    found = set()
    for heading in re.findall(r"^#+ +(.*)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.replace(" ", "-"))
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for target in LINK.findall(document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (document.parent / path).resolve() if path else document
        assert leads_to.exists(), f"{name} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors(leads_to), f"{name} links to {target}, a heading that is not there"

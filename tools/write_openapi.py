"""Writes `web/openapi.json`, the description from which the web UI's types are made.

python tools/write_openapi.py && npm --prefix web run types
"""

import sys
from pathlib import Path

import orjson

from runstone.webapi.app import described

TARGET = Path(__file__).resolve().parent.parent / "web" / "openapi.json"


def main() -> int:
    """Write the file."""
    TARGET.write_bytes(
        orjson.dumps(
            described(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

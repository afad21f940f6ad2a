"""`make demo`: check Python and the disk, make the environment, then tell the story in it.

This file runs on whatever Python is at hand, so it keeps to syntax that Python 3.6 reads.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def scaled(words):
    """Whether the scaled set-up was asked for: its services are among what the tests need."""
    return "--scaled" in words and words[words.index("--scaled") + 1 :][:1] == ["1"]


def main() -> int:
    """Exit status; where the story begins, this process becomes the story."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.stderr.write(
            f"Runstone needs Python 3.11, 3.12 or 3.13; {sys.executable} is {sys.version.split()[0]}. "
            "Name another one: make demo PYTHON=/path/to/python3.12\n"
        )
        return 2
    sys.path.insert(0, ROOT)
    # Not before the check: these use newer syntax.
    from tools.demo_arguments import parse  # noqa: PLC0415
    from tools.demo_environment import Places, clean  # noqa: PLC0415
    from tools.install import InstallFailed, install  # noqa: PLC0415

    parse()  # a wrong word is said before minutes of installation
    try:
        python = install("dev" if scaled(sys.argv) else "demo")
    except InstallFailed as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. `make demo` goes on with the installation.\n")
        return 130
    story = [python, os.path.join(ROOT, "tools", "demo_story.py")]
    return os.execve(python, story + sys.argv[1:], clean(os.environ, Places()))


if __name__ == "__main__":
    sys.exit(main())

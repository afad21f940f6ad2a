"""`runstone version`."""

from importlib.metadata import version as version_of

from runstone.server.printing import out


def version() -> None:
    """Print the version of Runstone."""
    out.print(version_of("runstone"))

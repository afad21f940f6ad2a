"""`python -m runstone` is the `runstone` command."""

from runstone.server.cli import main

main()

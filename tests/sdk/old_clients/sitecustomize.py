"""Loaded by the interpreters of clients up to 0.16 in these tests.

Such a client starts a helper process, which writes the number of its port to a file before a thread of its
own has begun to listen there; on a machine with much to do the client then finds nobody and gives up. Here
the helper's socket listens from the moment it has its port. The client's own files stay as they are.
"""

import socket
import sys

if sys.orig_argv[1:4] == ["-m", "wandb", "service"]:
    bind = socket.socket.bind

    def bind_and_listen(self, address):
        """Have a port and listen there."""
        bind(self, address)
        if self.type == socket.SOCK_STREAM:
            self.listen(5)

    socket.socket.bind = bind_and_listen

"""How benchmarks speak to a server that they share the machine with."""

import asyncio
import base64
import re

from tests.live import LiveServer


class Connection:
    """One client's connection, with as little work of its own as can be: a twentieth of what a library's
    client spends, which is more than the server's part of a message."""

    def __init__(self, server: LiveServer) -> None:
        self.port = server.port
        key = base64.b64encode(f"api:{server.admin_key}".encode()).decode()
        self.headers = f"Host: 127.0.0.1:{server.port}\r\nAuthorization: Basic {key}\r\n"
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> int:
        """The status of an answer."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        head = f"POST {path} HTTP/1.1\r\n{self.headers}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        said = await reader.readuntil(b"\r\n\r\n")
        size = re.search(rb"\r\ncontent-length: *(\d+)", said, re.IGNORECASE)
        assert size is not None, said
        await reader.readexactly(int(size[1]))
        return int(said.split(b" ", 2)[1])

    def close(self) -> None:
        """Hang up."""
        if self.streams is not None:
            self.streams[1].close()

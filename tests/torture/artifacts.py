"""A raw client that logs versions: begin, files, manifest, commit, each acknowledged; then the check."""

import asyncio
import base64
import hashlib
import os
from dataclasses import dataclass, field
from typing import Any

import httpx

from runstone.domain.manifest import parse_manifest
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from tests.artifacts import manifest_of, md5_base64

LATER = frozenset({408, 429, 500, 502, 503, 504, 507})  # a client of the real kind comes again after these
BEGIN = (
    """mutation($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id state } } }"""
)
FILES = """mutation($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
  files { edges { node { name uploadUrl uploadHeaders } } } } }"""
MANIFEST = """mutation($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) {
  artifactManifest { id file { uploadUrl uploadHeaders } } } }"""
COMMIT = """mutation($input: CommitArtifactInput!) { commitArtifact(input: $input) {
  artifact { id versionIndex } } }"""


class Later(Exception):
    """The server, or what stands behind it, asks to come again."""


@dataclass
class Logger:
    """Logs one version after the other into a collection of its own; what was acknowledged is in `done`."""

    name: str
    size_bytes: int = 20_000
    files: int = 4
    done: dict[str, dict[str, bytes]] = field(default_factory=dict)  # version's id: its files
    attempts: int = 0

    async def write(self, http: httpx.AsyncClient) -> None:
        """Log versions until cancelled. One that broke off is left as it is; the next has other bytes."""
        while True:
            try:
                await self.log(http)
            except (httpx.TransportError, Later):
                await asyncio.sleep(0.05)

    async def log(self, http: httpx.AsyncClient) -> None:
        """Log one version. Raises `Later` and httpx's errors of transport."""
        self.attempts += 1
        files = {f"{i}.bin": os.urandom(self.size_bytes) for i in range(self.files)}
        manifest = manifest_of(files)
        begun = await ask(
            http,
            BEGIN,
            entityName="admin",
            projectName="torture",
            artifactTypeName="model",
            artifactCollectionName=self.name,
            digest=parse_manifest(manifest).digest,
            aliases=[],
        )
        version = begun["createArtifact"]["artifact"]["id"]
        wanted = [
            {"artifactID": version, "name": name, "md5": md5_base64(data)} for name, data in files.items()
        ]
        offered = await ask(http, FILES, artifactFiles=wanted)
        for edge in offered["createArtifactFiles"]["files"]["edges"]:
            node = edge["node"]
            if node["uploadUrl"] is not None:
                await put(http, node["uploadUrl"], node["uploadHeaders"], files[node["name"]])
        told = await ask(
            http,
            MANIFEST,
            artifactID=version,
            name="wandb_manifest.json",
            digest=base64.b64encode(hashlib.md5(manifest).digest()).decode(),
            entityName="admin",
            projectName="torture",
            type="FULL",
        )
        place = told["createArtifactManifest"]["artifactManifest"]["file"]
        await put(http, place["uploadUrl"], place["uploadHeaders"], manifest)
        await ask(http, COMMIT, artifactID=version)
        self.done[version] = files


async def ask(http: httpx.AsyncClient, query: str, **given: Any) -> Any:
    """The data of a GraphQL answer."""
    answer = await http.post("/graphql", json={"query": query, "variables": {"input": given}})
    if answer.status_code in LATER:
        raise Later(f"{answer.status_code} {answer.text[:300]}")
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert "errors" not in body, body
    return body["data"]


async def put(http: httpx.AsyncClient, url: str, headers: list[str], data: bytes) -> None:
    """Send bytes where the server said."""
    pairs = dict(one.split(":", 1) for one in headers)
    # Without credentials: the address has them, and a bucket refuses both at once.
    async with httpx.AsyncClient(timeout=60, trust_env=False) as bare:
        answer = await bare.put(url, content=data, headers=pairs)
    if answer.status_code in LATER:
        raise Later(f"{answer.status_code} {answer.text[:300]}")
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"


def check_versions(store: Store, loggers: list[Logger]) -> int:
    """Every acknowledged version is committed, under a number of its own, with its bytes; how many."""
    checked = 0
    with store.reading() as reads:
        for logger in loggers:
            numbers = []
            for wire, files in logger.done.items():
                version_id = int(base64.b64decode(wire).decode().rpartition(":")[2])
                row = reads.version(COMMAND_LINE, version_id)
                assert row is not None, wire
                assert row.state == "committed", f"{logger.name} {wire}: {row.state}"
                numbers.append(row.number)
                for name, data in files.items():
                    entry = reads.entry(COMMAND_LINE, version_id, name)
                    assert entry is not None, f"{logger.name} {wire}: {name} is gone"
                    assert store.blobs.read(entry.addr) == data
                checked += 1
            assert len(set(numbers)) == len(numbers), numbers
    return checked

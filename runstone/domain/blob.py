"""Addresses of stored objects."""

import hashlib

from runstone.domain.ids import EntityId


def client_addr(entity_id: EntityId, md5: str) -> str:
    """Where a client's file lies: by owner entity and content (`md5` is hex)."""
    return f"e/{entity_id}/m/{md5}"


def md5_of(data: bytes) -> str:
    """Hex md5 of bytes. A name for content that clients chose, not a protection."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()

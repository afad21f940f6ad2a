"""Logged lines as the store keeps them, for the actions that take them in and seal them."""

from runstone.store.series.lines import pack, parse, unpack

__all__ = ["pack", "parse", "unpack"]

"""Logged lines as the store keeps them, for the actions that take them in and seal them."""

from runstone.store.series.lines import pack, unpack
from runstone.store.series.tail import Tail, first_piece, lines_of

__all__ = ["Tail", "first_piece", "lines_of", "pack", "unpack"]

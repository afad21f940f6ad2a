"""Bytes made smaller, by one compressor for each thread: to make one takes longer than most of its work."""

import threading

import zstandard

LEVEL = 1
_own = threading.local()


def compress(data: bytes) -> bytes:
    """Bytes as zstd."""
    try:
        compressor = _own.compressor
    except AttributeError:
        compressor = _own.compressor = zstandard.ZstdCompressor(level=LEVEL)
    packed: bytes = compressor.compress(data)
    return packed


def decompress(data: bytes, most: int) -> bytes:
    """Bytes out of zstd. `most`: how large they may be where that is not said in them."""
    try:
        decompressor = _own.decompressor
    except AttributeError:
        decompressor = _own.decompressor = zstandard.ZstdDecompressor()
    plain: bytes = decompressor.decompress(data, max_output_size=most)
    return plain

"""Segments and what grows from them, for those who make them. Import late: it loads Parquet."""

from runstone.store.series.growing import grown
from runstone.store.series.pyramid import Buckets, unpack_points
from runstone.store.series.segment import Sealed, Segment, seal
from runstone.store.series.tail import seal_first

__all__ = ["Buckets", "Sealed", "Segment", "grown", "seal", "seal_first", "unpack_points"]

"""Segments and what grows from them, for those who make them. Import late: it loads Parquet."""

from runstone.store.series.growing import grown
from runstone.store.series.segment import Sealed, seal

__all__ = ["Sealed", "grown", "seal"]

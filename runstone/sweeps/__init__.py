"""Search as pure functions: the next point, the runs to stop, what mattered."""

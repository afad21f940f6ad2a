"""What has just been committed, told to whoever watches: live views, caches, wake-ups.

A change is published only after its transaction has committed, so a watcher that reads
on a change always finds it. Servers on one PostgreSQL tell each other (`Store.shared`); elsewhere
there is one process.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: `noun` is our word (run, history, version, sweep, view, member ...)."""

    noun: str
    project_id: int | None = None
    noun_id: int | None = None
    detail: str = ""


class Changes:
    """A thread-safe list of watchers. A watcher must return at once and not raise."""

    def __init__(self) -> None:
        self._watchers: list[Callable[[Change], None]] = []
        self.outlet: Callable[[list[Change]], None] = lambda changes: None  # to other processes
        self._lock = threading.Lock()

    def watch(self, watcher: Callable[[Change], None]) -> Callable[[], None]:
        """Add a watcher; the returned function removes it."""
        with self._lock:
            self._watchers.append(watcher)

        def stop() -> None:
            with self._lock:
                self._watchers.remove(watcher)

        return stop

    def publish(self, changes: list[Change]) -> None:
        """Tell every watcher about each change of this process, in order, and other processes soon."""
        self.deliver(changes)
        self.outlet(changes)

    def deliver(self, changes: list[Change]) -> None:
        """Tell the watchers of this process alone."""
        with self._lock:
            watchers = list(self._watchers)
        for change in changes:
            for watcher in watchers:
                watcher(change)

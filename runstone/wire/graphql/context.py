"""What every resolver may use: who asks, where we are, one snapshot of the store, the time."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from graphql import GraphQLResolveInfo

from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.wire.signing import Links

T = TypeVar("T")


@dataclass
class Ask:
    """One GraphQL request, alive while its operation executes in a worker thread.

    `base_url` is the server's own address as this client reaches it, without a trailing
    slash. `clock` gives the present UTC instant. `writer` is the name of a process that writes one
    run side by side with others, `every_history_file` says that the client may read each sealed
    history from files.
    """

    viewer: Viewer
    store: Store
    base_url: str
    clock: Callable[[], datetime]
    user_agent: str = ""
    writer: str | None = None
    every_history_file: bool = False
    too_early: bool = field(default=False, init=False)
    _known: dict[Any, Any] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _reads: Reads | None = None

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock()

    @property
    def links(self) -> Links:
        """Maker of upload and download addresses for this client."""
        return Links(self.base_url, self.store.secret, self.viewer.user_id, self.now)

    @property
    def reads(self) -> Reads:
        """Reads over one snapshot, opened at the first use."""
        if self._reads is None:
            self._reads = self._stack.enter_context(self.store.reading())
        return self._reads

    def once(self, key: Any, read: Callable[[], T]) -> T:
        """The result of `read`, kept under `key` as long as this snapshot lasts."""
        if key not in self._known:
            self._known[key] = read()
        found: T = self._known[key]
        return found

    def fresh(self) -> Reads:
        """Reads over a new snapshot: call it after an action, to see what it changed."""
        self.close()
        return self.reads

    def came_too_early(self, info: GraphQLResolveInfo) -> None:
        """Say, before anything is changed, that what a client names is likely on its way.

        The request is then asked again for a while; one of several fields is not, as others may have
        changed something already.
        """
        self.too_early = len(info.operation.selection_set.selections) == 1

    def close(self) -> None:
        """Give the connection back."""
        self._known.clear()
        self._reads = None
        self._stack.close()
        self._stack = ExitStack()


def ask(info: GraphQLResolveInfo) -> Ask:
    """The request of a resolver, typed."""
    context: Ask = info.context
    return context

"""What resolvers are given for one request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..library.records import Scene
from .errors import ResolverError
from .filters import Filters

if TYPE_CHECKING:
    from ..simulator import Simulator

NIL_POINTER = "Internal system error. Error <runtime error: invalid memory address or nil pointer dereference>"


class Context:
    """``origin``: scheme and host that the client spoke to, for the addresses in the answer.

    ``fail`` is asked for each field of the operation and raises ResolverError where a fault was armed; ``cut``
    takes the rows of a find query and gives those that are sent, and how many fewer ``count`` then says.
    """

    def __init__(self, simulator: Simulator, origin: str):
        self.simulator, self.origin = simulator, origin
        self.state = simulator.state
        self.filters = Filters(self.state)
        self.fail: Callable[[str], None] = lambda field: None
        self.cut: Callable[[str, list], tuple[list, int]] = lambda field, rows: (rows, 0)
        self._counts: dict[str, Counter] = {}

    def before_field(self, name: str) -> None:
        if self.simulator.settings.status != "OK" and name != "systemStatus":
            raise ResolverError(NIL_POINTER)
        self.fail(name)

    def after_field(self, name: str) -> None:
        self.state.commit()

    def count_of(self, what: str, members: Callable[[Scene], Any], number: int) -> int:
        """How many scenes have ``number`` among their ``members``; counted once a request."""
        if what not in self._counts:
            rows = self.state.scenes.values()
            self._counts[what] = Counter(member for scene in rows for member in members(scene))
        return self._counts[what][number]

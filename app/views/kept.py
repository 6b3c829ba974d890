"""A bounded memory for what never changes once it is published."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Kept(Generic[Key, Thing]):
    """The things used last, up to a total weight; safe in threads.

    Two threads that miss the same thing at once both make it: however often it is read, it is equal.
    """

    def __init__(self, limit: int, *, weigh: Callable[[Thing], int] = lambda _: 1) -> None:
        self._limit, self._weigh = limit, weigh
        self._things: OrderedDict[Key, Thing] = OrderedDict()
        self._lock = threading.Lock()
        self.weight = 0

    def get(self, key: Key, make: Callable[[], Thing]) -> Thing:
        """The thing of `key`, made if it is not kept."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        made = make()
        with self._lock:
            self._put(key, made)
        return made

    def _put(self, key: Key, made: Thing) -> None:
        if key in self._things:
            return
        self._things[key] = made
        self.weight += self._weigh(made)
        while self.weight > self._limit and self._things:
            _, oldest = self._things.popitem(last=False)
            self.weight -= self._weigh(oldest)

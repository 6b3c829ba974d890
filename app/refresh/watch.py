"""Stages of a refresh: timed, and told to whoever watches."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

STAGES = (
    *("read", "need", "topics", "groups", "indicators", "index", "cases"),
    *("zones", "change", "classify", "save"),
)
Tell = Callable[[str, float], None]


def keep_quiet(_stage: str, _share: float) -> None:
    """For callers who do not watch."""


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, told to whoever watches."""

    tell: Tell = keep_quiet
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        self.tell(f"stage.{name}", STAGES.index(name) / len(STAGES))
        began = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - began, 3)

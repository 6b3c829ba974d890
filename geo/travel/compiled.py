"""Loops over the road graph, compiled once and kept on disk."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function at its first call, for one thread.

    The machine code is kept beside the module or in the user's cache folder. Where neither can be written,
    each process compiles for itself: a matter of seconds.
    """
    try:
        return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # numba found no folder that it may write to
        return cast(Function, njit(nogil=True, error_model="numpy")(function))

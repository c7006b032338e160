"""numba where it is there and works, else a decorator that changes nothing."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

try:
    from numba import njit
except (ImportError, SystemError, AttributeError):  # absent, or built for another numpy
    COMPILED = False

    def jit(function: F) -> F:
        """The function itself."""
        return function

else:
    COMPILED = True

    def jit(function: F) -> F:
        """The function, compiled on its first call."""
        return njit(nogil=True)(function)

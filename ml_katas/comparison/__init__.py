"""Comparison of an actual value with an expected one, as data that names the difference."""

from .compare import (
    TOLERANCES,
    Mismatch,
    Tolerance,
    assert_close,
    assert_shape,
    compare,
)

__all__ = ["TOLERANCES", "Mismatch", "Tolerance", "assert_close", "assert_shape", "compare"]

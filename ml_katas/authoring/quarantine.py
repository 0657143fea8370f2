"""A kata without its answers: a copy of the folder, for a suite that is to do without the solution."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..course.kata import Kata
from ..support.records import replace

_ANSWERS = ("solution.py", "variants", "mistakes.md", "__pycache__")


@contextlib.contextmanager
def without_answers(kata: Kata) -> Iterator[Kata]:
    """Yield the kata as a suite may see it while it is proven: solution, variants and mistakes are not there.

    What a suite takes from them is then missing, however it goes about that.
    """
    with TemporaryDirectory(prefix="mlkata-proof-") as folder:
        copy = Path(folder, kata.slug)
        shutil.copytree(kata.folder, copy, ignore=shutil.ignore_patterns(*_ANSWERS))
        yield replace(kata, folder=copy)

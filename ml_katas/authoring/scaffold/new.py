"""A new kata: a whole folder, which lacks only what is marked TODO."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ...course.difficulty import Difficulty
from ...course.kata import Kata
from ...course.slug import SLUG
from ...course.starters import render_starter
from ...errors import UsageError
from ...support.files import as_file_error, reason, sync_folder
from ...support.records import record
from .files import Wanted, example_solution, skeleton
from .placement import Placement, place
from .signatures import Solution, read_solution

MINUTES = {Difficulty.EASY: 10, Difficulty.MEDIUM: 15, Difficulty.HARD: 30}
_LONGEST_TITLE = 50
_TODO = re.compile(r"\bTODO\b")


@record(kw_only=True)
class Order:
    """What an author says of a new kata; what is left empty is derived."""

    slug: str
    solution: Path | None = None
    entry_points: Sequence[str] = ()
    title: str = ""
    difficulty: Difficulty = Difficulty.MEDIUM
    minutes: int = 0
    tags: Sequence[str] = ()
    requires: Sequence[str] = ()
    track: str = ""


@record
class Scaffold:
    """A new kata, its files, how many of their lines say TODO, and its place in a track."""

    kata: Kata
    files: tuple[str, ...]
    todo: int
    placement: Placement | None = None


def scaffold(order: Order, source: Path) -> Scaffold:
    """Write the kata's folder into *source*, whole or not at all; what exists there is left as it is."""
    _refuse_bad_slug(order.slug)
    solution = _solution(order)
    files = skeleton(_wanted(order, solution), solution)
    folder = source / order.slug
    if os.path.lexists(folder):
        raise UsageError(f"{folder} exists and is left as it is.", "Choose another name, or move it away.")
    with as_file_error(folder, "written", "--katas names another folder for it."):
        source.mkdir(exist_ok=True)
        with _draft(source, order.slug, files) as draft:
            _refuse_unreadable(Kata.load(draft))
            draft.rename(folder)
        sync_folder(source)
    placement = place(order.slug, order.track, source) if order.track else None
    return Scaffold(Kata.load(folder), tuple(files), sum(map(_todos, files.values())), placement)


def _refuse_bad_slug(slug: str) -> None:
    if not SLUG.fullmatch(slug):
        plain = unicodedata.normalize("NFKD", slug).encode("ascii", "ignore").decode().lower()
        proposal = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "moe-topk"
        says = f"{slug!r} cannot name a kata: small letters and digits, with hyphens between words."
        raise UsageError(says, f"Try `mlkata author new {proposal}`.")
    module = slug.replace("-", "_")
    if module in sys.stdlib_module_names or module in ("torch", "numpy", "submission", "conftest"):
        says = f"A learner's file would be called {module}.py and hide the module {module}."
        raise UsageError(says, f"Try a longer name: `mlkata author new my-{slug}`.")


def _solution(order: Order) -> Solution:
    if order.solution is None:
        name = order.entry_points[0] if order.entry_points else _identifier(order.slug)
        return read_solution(example_solution(name), "the example", order.entry_points)
    where = str(order.solution)
    try:
        text = order.solution.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        says = f"{where} is not UTF-8 text ({error.reason})."
        raise UsageError(says, "--from takes a file of Python code.") from None
    except OSError as error:
        says = f"{where} cannot be read: {reason(error)}."
        raise UsageError(says, "--from takes the file of a solution; check its path.") from None
    return read_solution(text.rstrip("\n") + "\n", where, order.entry_points)


def _identifier(slug: str) -> str:
    name = slug.replace("-", "_")
    return name if name.isidentifier() else f"kata_{name}"


def _wanted(order: Order, solution: Solution) -> Wanted:
    return Wanted(
        slug=order.slug,
        title=order.title.strip() or _title(order, solution),
        difficulty=order.difficulty.value,
        minutes=order.minutes or MINUTES[order.difficulty],
        tags=tuple(order.tags) or ("pytorch",),
        requires=tuple(order.requires),
    )


def _title(order: Order, solution: Solution) -> str:
    """Return the first words of the solution's docstring, or else those of the slug."""
    match = re.match(r"[^\n.:;,(]*", solution.docstring)
    first = match[0].strip() if match else ""
    if 0 < len(first) <= _LONGEST_TITLE and order.solution:
        return first
    return order.slug.replace("-", " ").capitalize()


@contextmanager
def _draft(source: Path, slug: str, files: dict[str, str]) -> Iterator[Path]:
    """Write the files to a hidden folder in *source*; what is still there afterwards vanishes."""
    hidden = Path(tempfile.mkdtemp(prefix=f".{slug}.", dir=source))
    try:
        for name, text in files.items():
            path = hidden / slug / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        yield hidden / slug
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _refuse_unreadable(kata: Kata) -> None:
    """Raise InvalidKata unless what is read only when it is used can be read."""
    _ = kata.suite, kata.mistakes
    render_starter(kata)
    render_starter(kata, bare=True)


def _todos(text: str) -> int:
    return sum(bool(_TODO.search(line)) for line in text.splitlines())

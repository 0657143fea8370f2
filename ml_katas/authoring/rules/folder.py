"""Rules for the files of a kata's folder."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ...course.catalog import Catalog
from ...course.kata import Kata
from ...errors import InvalidKata
from ...support.toml import read_text
from ..findings import Finding
from .prose import linked_files

FILES = ("kata.toml", "README.md", "starter.py.j2", "suite.py", "solution.py", "hints.md", "cards.md")
MISTAKES, FOLDERS = "mistakes.md", ("variants",)
_FOLDER_OF_MISTAKES = "mutants"  # where they stood before, each in a file of its own
_TODO = re.compile(r"\bTODO\b:?\s*(.*)")


def files_follow_the_format(error: InvalidKata) -> Iterator[Finding]:
    """Every file of a kata is there and is what the format asks for.

    All other rules and every command of a learner need the whole kata, so nothing else is tried before.

    Change the line that the finding names; `docs/writing-a-kata.md` shows every file of a kata that is whole.
    """
    yield Finding(path=error.path, problem=error.problem, line=error.line)


def nothing_is_left_to_write(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """No file says TODO any more.

    `mlkata author new` marks what only an author can write, and a learner must not meet such a line.

    Write what the line asks for and remove the mark; what is missing on purpose is said without the word
    TODO.
    """
    paths = [*(kata.folder / name for name in FILES), *kata.variants]
    paths += [path for path in (kata.folder / MISTAKES,) if path.is_file()]
    for path in paths:
        for number, line in enumerate(read_text(path).splitlines(), start=1):
            if match := _TODO.search(line):
                what = match[1].strip(" ->#%}\"'")
                yield Finding(
                    path=path,
                    problem=f"still to be written: {what}" if what else "still to be written",
                    line=number,
                )


def nothing_is_there_that_nobody_reads(kata: Kata, catalog: Catalog) -> Iterator[Finding]:
    """The folder holds what the format knows, what the suite ships and what the brief links to.

    A file that nothing reads looks like a part of the kata: the next author corrects it, and nothing changes.
    Mostly it is a misspelled name.

    Compare its name with the format (`docs/writing-a-kata.md`); remove it, link to it from the brief, or
    `ship` it in the suite.
    """
    known = {kata.folder / name for name in (*FILES, MISTAKES, *FOLDERS, *_shipped(kata))}
    known |= {*kata.variants, *linked_files(kata)}
    known |= {folder for file in known for folder in file.parents}
    for path in _strays(kata.folder, known):
        problem = "is not part of a kata, so nothing reads it; remove it, or ship() it in the suite"
        if path == kata.folder / _FOLDER_OF_MISTAKES:
            command = f"mlkata author mistake {kata.slug} FILE"
            problem = (
                f"known mistakes stand in {MISTAKES}; put each file there by `{command}`, then remove it"
            )
        yield Finding(path=path, problem=problem)


def _strays(folder: Path, known: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name != "__pycache__" and path not in known:
            yield path
        elif path.is_dir() and path in known:
            yield from _strays(path, known)


def _shipped(kata: Kata) -> Iterator[str]:
    for node in ast.walk(kata.suite_tree):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(name))]):
                if ast.unparse(function).rpartition(".")[2] == "ship":
                    yield name

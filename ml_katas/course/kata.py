"""A kata: one exercise, read whole from its folder or not at all."""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidKata
from ..support.markdown import Section, sections
from ..support.records import record
from ..support.toml import read_text, read_toml
from .deck import Deck
from .difficulty import Difficulty
from .slug import SLUG
from .suite import Suite

if TYPE_CHECKING:
    from .mistakes import Mistake


@record
class Reference:
    """Where a kata's idea comes from."""

    text: str
    url: str = ""
    where: str = ""


@record
class Limits:
    """What one judgement may cost: seconds of wall clock, MiB above what an idle sandbox uses."""

    total_seconds: float = 10.0
    check_seconds: float = 5.0
    memory_mib: int = 1024

    def __post_init__(self) -> None:
        for name, cap in (("total_seconds", 60), ("check_seconds", 30), ("memory_mib", 4096)):
            if not 0 < getattr(self, name) <= cap:
                raise ValueError(f"'{name}' must be above 0 and at most {cap}")


@record
class Equivalent:
    """An automatic mutant that behaves like the solution, and why."""

    mutation: str
    line: str
    reason: str


@record
class Exemption:
    """A junk output that is right for this kata, and why."""

    junk: str
    reason: str


@record(kw_only=True)
class Facts:
    """What `kata.toml` says."""

    title: str
    difficulty: Difficulty
    minutes: int
    tags: tuple[str, ...]
    entry_points: tuple[str, ...]
    requires: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    limits: Limits = Limits()
    equivalent: tuple[Equivalent, ...] = ()
    exempt: tuple[Exemption, ...] = ()

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("'title' must not be empty")
        if self.minutes < 1:
            raise ValueError("'minutes' must be at least 1")
        if not self.entry_points:
            raise ValueError("'entry_points' must name at least one function or class")
        for name in self.entry_points:
            if not name.isidentifier():
                raise ValueError(f"'entry_points' must hold Python names, not {name!r}")

    @property
    def prerequisites(self) -> tuple[str, ...]:
        """The katas that come first: those that it requires, and those whose code it is built from."""
        return tuple(dict.fromkeys((*self.requires, *self.builds_on)))


@record
class Hint:
    """One step of help: it points and steps aside."""

    title: str
    text: str


@record(kw_only=True)
class Kata:
    """One exercise: a folder named by its slug. `load` returns a whole one or raises InvalidKata."""

    slug: str
    folder: Path
    facts: Facts
    brief: str
    hints: tuple[Hint, ...]
    deck: Deck

    @classmethod
    def load(cls, folder: Path) -> Kata:
        """Read the kata in *folder* strictly, except for its mistakes and its code."""
        if not SLUG.fullmatch(folder.name):
            raise InvalidKata(folder, None, "a kata's folder must be a slug such as 'moe-topk'")
        facts = read_toml(folder / "kata.toml", Facts)
        for name in ("starter.py.j2", "suite.py", "solution.py"):
            if not (folder / name).is_file():
                raise InvalidKata(folder / name, None, "this file is missing")
        return cls(
            slug=folder.name,
            folder=folder,
            facts=facts,
            brief=read_text(folder / "README.md"),
            hints=tuple(Hint(part.title, part.body) for part in _sections(folder / "hints.md")),
            deck=Deck.of_kata(folder / "cards.md", folder.name, title=facts.title, tags=facts.tags),
        )

    @property
    def file_name(self) -> str:
        """The name of a submission in the workspace: `moe_topk.py`."""
        return f"{self.module_name}.py"

    @property
    def module_name(self) -> str:
        """The name by which a later kata imports a submission: `moe_topk`."""
        return self.slug.replace("-", "_")

    @property
    def starter_template(self) -> Path:
        return self.folder / "starter.py.j2"

    @property
    def solution(self) -> Path:
        return self.folder / "solution.py"

    @cached_property
    def suite(self) -> Suite:
        return Suite.load(self.folder / "suite.py")

    @cached_property
    def suite_tree(self) -> ast.Module:
        """The suite's syntax tree, only to be read: a dozen rules look at it."""
        return parse_python(self.suite.path)

    @cached_property
    def solution_tree(self) -> ast.Module:
        """The solution's syntax tree, only to be read."""
        return parse_python(self.solution)

    @property
    def variants(self) -> tuple[Path, ...]:
        return tuple(sorted((self.folder / "variants").glob("*.py")))

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The known mistakes, read when asked for; none where the kata has no `mistakes.md`."""
        from .mistakes import read_mistakes

        path = self.folder / "mistakes.md"
        return read_mistakes(path, self.solution, self.suite.names) if path.exists() else ()


def parse_python(path: Path) -> ast.Module:
    """Return the syntax tree of an author's file, or raise InvalidKata with the line."""
    try:
        return ast.parse(read_text(path), str(path))
    except SyntaxError as error:
        raise InvalidKata(path, error.lineno, f"does not compile: {error.msg}") from None


def _sections(path: Path) -> tuple[Section, ...]:
    return sections(read_text(path))

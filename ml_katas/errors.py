"""Every mistake a person can make, and whose turn it is.

    MlkataError
    ├── UsageError              exit 2   the command line, the workspace or a file name
    │   ├── UnknownKata
    │   ├── UnknownDeck
    │   └── WorkspaceError
    ├── BadEnvironment          exit 3   what the machine lacks: torch, a way to judge, an editor
    │   ├── InvalidConfig                a mistake in a configuration file
    │   └── InternalError                a mistake of ours; no verdict exits like it
    └── InvalidKata             exit 4   the author's files
        └── InvalidDeck                  a deck of cards

Each carries the sentence to show and the next step to take; the command line prints both, once.
"""

from __future__ import annotations

from pathlib import Path

INTERRUPTED = 130  # the exit code after Ctrl-C


class MlkataError(Exception):
    """Something a person can fix; `next_step` says how."""

    exit_code = 3

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class UsageError(MlkataError):
    """The command was given something it cannot work with."""

    exit_code = 2


class UnknownKata(UsageError):
    """No kata has this name; the nearest ones are offered."""

    def __init__(self, name: str, near: list[str]) -> None:
        guess = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        super().__init__(f"No kata called {name!r}.{guess}", "`mlkata list` shows them all.")


class UnknownDeck(UsageError):
    """No deck has this name; the nearest ones are offered."""

    def __init__(self, name: str, near: list[str]) -> None:
        guess = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        super().__init__(f"No deck called {name!r}.{guess}", "`mlkata cards list` shows them all.")


class WorkspaceError(UsageError):
    """The learner's folder or file cannot be read or written."""


class BadEnvironment(MlkataError):
    """The machine lacks something that judging needs."""

    exit_code = 3


class InvalidConfig(BadEnvironment):
    """A configuration file or a variable says what no setting can be."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}", "`mlkata config list` shows what can be set.")


class InternalError(BadEnvironment):
    """Something went wrong in mlkata itself."""


class InvalidKata(MlkataError):
    """An author's file is not what the kata format asks for."""

    exit_code = 4

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        self.path, self.line, self.problem = path, line, problem
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {problem}")


class InvalidDeck(InvalidKata):
    """A file of cards is not what the deck format asks for."""

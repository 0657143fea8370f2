"""The reference solution: for those who passed, and for those who give up."""

from __future__ import annotations

import difflib

from ..course.kata import Kata
from ..errors import UsageError, WorkspaceError
from ..support.records import record
from ..support.toml import read_text
from .state import AppState
from .status import DONE, ENDED
from .workspace import read_submission


@record
class Answer:
    """A kata's solution; `yours` is the submission where both are to be compared.

    `gave_up` says that it is shown before the learner passed, just now or once before in this round.
    """

    kata: Kata
    solution: str
    gave_up: bool
    yours: str | None = None

    @property
    def diff(self) -> str:
        """What leads from the submission to the solution, as a unified diff."""
        lines = difflib.unified_diff(
            (self.yours or "").splitlines(),
            self.solution.splitlines(),
            fromfile=self.kata.file_name,
            tofile="solution.py",
            lineterm="",
        )
        return "\n".join(lines)


def unlocked_solution(
    state: AppState, name: str = "", *, give_up: bool = False, compare: bool = False
) -> Answer:
    """Return the solution of a kata that was passed or given up; to *give_up* is remembered.

    While it is done again it is locked again.
    """
    kata = state.find(name)
    status = state.status(kata.slug)
    is_again = state.is_begun_again(kata.slug)
    text = read_text(kata.solution)
    if is_again or status not in ENDED:
        if not give_up:
            raise _not_yet(state, kata, is_again)
        state.needed_workspace(kata)
        state.progress.gave_up(kata.slug)
    return Answer(kata, text, is_again or status not in DONE, _yours(state, kata) if compare else None)


def _not_yet(state: AppState, kata: Kata, is_again: bool) -> UsageError:
    left = len(kata.hints) - state.hints_shown(kata)
    hint = f"`mlkata hint {kata.slug}` has {left} more to say; " if left else ""
    return UsageError(
        f"You have not passed {kata.slug} {'again' if is_again else 'yet'}.",
        f"{hint}`mlkata solution {kata.slug} --give-up` shows the solution, and it is remembered.",
    )


def _yours(state: AppState, kata: Kata) -> str:
    path = state.needed_workspace(kata).submission_path(kata)
    source = read_submission(path, kata.slug)
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        raise WorkspaceError(
            f"{path} is not UTF-8 text.", f"Byte {error.start} is invalid; save it as UTF-8."
        ) from None

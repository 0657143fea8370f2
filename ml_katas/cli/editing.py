"""A card in the learner's editor."""

from __future__ import annotations

import subprocess
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ..cards.own import editable, forget_if_unchanged
from ..practice.editor import editor_command

if TYPE_CHECKING:
    from ..course.library import Library
    from ..practice.state import AppState
    from .options import Settings


def edit_card(
    settings: Settings,
    state: AppState,
    library: Library,
    card: str,
    suspended: AbstractContextManager[None],
) -> tuple[Library, str]:
    """Have a card edited in the learner's own file; return the decks as they are then, and what happened."""
    folder, editor = state.needed_workspace().decks, settings.config.settings.editor
    editor_command(folder, 1, editor)  # says that there is no editor, before a file is written
    own = editable(library, folder, card)
    with suspended:
        code = subprocess.run(editor_command(own.path, own.line, editor), check=False).returncode
    is_unchanged = forget_if_unchanged(own)
    now = library.anew()
    now.places(card.partition("/")[0])
    if now.problems:
        return now, str(now.problems[0])
    if code:
        return now, f"The editor ended with exit code {code}."
    return now, "Nothing was changed." if is_unchanged else f"{card} is now your own, in {own.path}."

"""How long it takes to export many cards, with the learner's schedule, for Anki and for Obsidian."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from .reviewing import CARDS, DECKS, workspace_of_many
from .timing import MLKATA, PYTHON, command, interleaved, table

BUDGET = "5000 ms"


def measure(rounds: int) -> None:
    """Print exports of a workspace: a first one and a later one for each tool."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        workspace = workspace_of_many(where / "work")

        def run(*words: str) -> Callable[[], float]:
            return command(*MLKATA, "cards", "export", *words, cwd=workspace, MLKATA_HOME=str(where))

        later = run("anki", "cards.apkg", "--with-schedule")
        later()
        runs = {
            "python -c 'import genanki'": command(PYTHON, "-c", "import genanki"),
            "to Anki, again": later,
            "to Obsidian, again": run("obsidian", "vault"),
            "to Obsidian, a new vault": _new_vault(run),
        }
        medians = interleaved(runs, min(rounds, 5))
    rows = [(name, value, "ms") for name, value in medians.items()]
    table(f"Exporting {DECKS * CARDS} cards", rows, rows[0][0], dict.fromkeys(list(medians)[1:], BUDGET))


def _new_vault(run: Callable[..., Callable[[], float]]) -> Callable[[], float]:
    return lambda: run("obsidian", f"vault-{os.urandom(4).hex()}")()

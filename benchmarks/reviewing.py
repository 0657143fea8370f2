"""How long a review of many cards takes to open, beside the list of the katas."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ml_katas.cards.reviews import Reviews
from ml_katas.cards.schedule import Rating
from ml_katas.practice.progress import Progress
from ml_katas.practice.workspace import Workspace

from .start_up import course_of_many
from .timing import MLKATA, command, interleaved, table

DECKS, CARDS = 20, 250  # 5,000 cards


def measure(rounds: int) -> None:
    """Print `mlkata review` up to its first question, beside `mlkata list` in the same workspace."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        course = course_of_many(where)
        workspace = workspace_of_many(where / "work")
        runs = {
            f"mlkata {name}": command(
                *MLKATA, name, "--katas", str(course), cwd=workspace, MLKATA_HOME=str(where)
            )
            for name in ("list", "review")
        }
        for run in runs.values():
            run()  # what is read once is read
        medians = interleaved(runs, rounds)
    rows = [(name, value, "ms") for name, value in medians.items()]
    table(f"Opening {DECKS * CARDS} cards", rows, "mlkata list", {"mlkata review": "1.60 ×"})


def workspace_of_many(folder: Path) -> Path:
    """Return a workspace with many cards of one's own, of which every second one was reviewed before."""
    folder.mkdir()
    workspace = Workspace.create(folder)
    workspace.decks.mkdir()
    with Progress(workspace.progress_path) as progress:
        reviews = Reviews(progress.database)
        for deck in range(DECKS):
            cards = "".join(_card(deck, card) for card in range(CARDS))
            (workspace.decks / f"deck-{deck}.md").write_text(f"---\ntitle: Deck {deck}\n---\n{cards}")
            for card in range(0, CARDS, 2):
                at = datetime.now(UTC) - timedelta(days=card % 20)
                reviews.rate(f"deck-{deck}/card-{card}", Rating.EASY, None, at=at)
    return folder


def _card(deck: int, card: int) -> str:
    question = f"## What is $x_{{{card}}}$ in deck {deck}?\n\n<!-- card: card-{card} -->\n\n"
    return question + f"$$\nx_{{{card}}} = \\sum_i \\frac{{{card}}}{{i^2}}\n$$\n\nAs in section {card}.\n\n"

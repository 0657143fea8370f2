"""A review line by line: for screen readers, pipes, and terminals that cannot be drawn on."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..cards.katas import DueKata
from ..cards.sitting import Sitting
from ..errors import MlkataError
from ..support.clock import now
from .review_pages import RATINGS

if TYPE_CHECKING:
    from ..course.deck import Card
    from ..course.library import Library
    from ..practice.state import AppState
    from .options import Settings

_OTHERS = "e edit, s suspend, u undo, q quit"


class Quit(Exception):
    """The learner has enough, or the input has ended."""


class Dialogue:
    """A sitting as questions and answers in lines."""

    def __init__(self, settings: Settings, state: AppState, library: Library, sitting: Sitting) -> None:
        self._settings = settings
        self._screen = settings.screen
        self._state = state
        self._library = library
        self._sitting = sitting

    def run(self, katas: Sequence[DueKata]) -> str:
        """Ask until the learner quits, and return the kata that is to be begun again, if one is."""
        from ..render.cards import sitting_lines

        kata = ""
        with contextlib.suppress(Quit):
            while self._sitting.current:
                self._ask()
            kata = self._offer(katas)
        for line in sitting_lines(self._sitting):
            self._screen.say(line)
        return kata

    def _ask(self) -> None:
        """Ask one card; where something else is done at it, ask what comes then."""
        from ..render.cards import answer_lines, question_view

        try:
            card = self._library.card(self._sitting.current)
        except MlkataError as error:
            self._screen.say(f"{self._sitting.current} cannot be shown: {error}")
            self._sitting.turn()
            return
        self._screen.draw(question_view(card, self._library.title(card.deck), self._left(card)))
        if self._is_command(self._typed(f"[Enter: the answer; {_OTHERS}] ")):
            return
        self._screen.draw(answer_lines(card))
        self._rate()

    def _rate(self) -> None:
        from ..render.cards import ratings_line

        keys = ratings_line(self._sitting.outcomes(), now(), 1000)
        while True:
            typed = self._typed(f"[{keys}; {_OTHERS}] ")
            if self._is_command(typed):
                return
            rating = RATINGS.get(typed[:1])
            if rating:
                self._sitting.rate(rating)
                return
            self._screen.say("Type 1, 2, 3 or 4.")

    def _is_command(self, typed: str) -> bool:
        """Return whether what was typed is a command; if so, do it."""
        try:
            match typed[:1]:
                case "s":
                    self._sitting.suspend()
                case "u":
                    undone = self._sitting.undo()
                    self._screen.say(f"{undone} is asked again." if undone else "There is nothing to undo.")
                case "e":
                    self._edit()
                case _:
                    return False
        except MlkataError as error:
            self._screen.say(str(error))
        return True

    def _edit(self) -> None:
        from .editing import edit_card

        self._library, said = edit_card(
            self._settings, self._state, self._library, self._sitting.current, contextlib.nullcontext()
        )
        self._screen.say(said)

    def _offer(self, katas: Sequence[DueKata]) -> str:
        from ..render.cards import katas_lines

        for line in katas_lines(katas):
            self._screen.say(line)
        if katas and self._typed(f"[b: begin {katas[0].slug}; Enter: not now] ")[:1] == "b":
            return katas[0].slug
        return ""

    def _typed(self, prompt: str) -> str:
        """Return a line that was typed; raise Quit at `q` and at the end of input."""
        sys.stdout.write(prompt)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line or line.strip().lower() == "q":
            self._screen.say()
            raise Quit
        if not sys.stdin.isatty():
            self._screen.say()
        return line.strip().lower()

    def _left(self, card: Card) -> str:
        return f"{card.kind.value}, {self._sitting.left} left"

"""A review on the whole screen: one card a page, one key a rating."""

from __future__ import annotations

import select
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..cards.katas import DueKata
from ..cards.reviews import AnsweredElsewhere
from ..cards.schedule import Rating
from ..cards.sitting import Sitting
from ..errors import MlkataError
from ..support.clock import now
from .fullscreen import opened_page
from .messages import counted
from .scroll import Scroll

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..course.deck import Card
    from ..course.library import Library
    from ..practice.state import AppState
    from .options import Settings

RATINGS = {
    "1": Rating.AGAIN, "a": Rating.AGAIN, "2": Rating.HARD, "h": Rating.HARD,
    "3": Rating.GOOD, "g": Rating.GOOD, "4": Rating.EASY, "y": Rating.EASY,
}  # fmt: skip
_QUIT = ("q", "\x03", "\x04")
_OTHERS = "e edit · s suspend · u undo · q quit"
_HELP = """\
Think of the answer, press any key, and compare.

  1 or a   again: it was wrong, or gone
  2 or h   hard: right, with trouble
  3 or g   good: right
  4 or y   easy: at once

Beside each stands when the card comes back.

  space, arrows   scroll a long answer
  e   edit the card in your editor
  s   suspend it: it is asked no more
  u   undo the last rating
  q   quit; every rating is kept already
"""


class Pages:
    """A sitting on the terminal's other screen."""

    def __init__(self, settings: Settings, state: AppState, library: Library, sitting: Sitting) -> None:
        self._settings = settings
        self._state = state
        self._library = library
        self._sitting = sitting
        self._katas: Sequence[DueKata] = ()
        self._is_answered = False
        self._is_helping = False
        self._said = ""
        self._leave = False
        self._kata = ""

    def run(self, katas: Sequence[DueKata]) -> str:
        """Ask until the learner quits, and return the kata that is to be begun again, if one is."""
        self._katas = katas
        with opened_page(plain=False) as page:
            self._page = page
            self._scroll = Scroll(page)
            self._draw()
            try:
                while not self._leave:
                    self._serve()
            except KeyboardInterrupt:
                pass
        from ..render.cards import sitting_lines

        for line in sitting_lines(self._sitting):
            self._settings.screen.say(line)
        return self._kata

    def _serve(self) -> None:
        ready, _, _ = select.select(self._page.keys(), [], [], 0.5)
        if ready:
            keys = self._page.pressed()
            self._leave = not keys
            for key in keys:
                if not self._leave:
                    self._press(key)
            if not self._leave:
                self._draw()
        elif self._page.needs_redraw():
            self._draw()

    def _press(self, key: str) -> None:
        said, self._said = self._said, ""
        try:
            if self._is_helping:
                self._is_helping = False
            elif key in _QUIT:
                self._leave = True
            elif not self._moves(key) and not self._command(key):
                self._answer_or_rate(key)
        except MlkataError as error:
            self._said = str(error)
            if isinstance(error, AnsweredElsewhere):
                self._turn()
        if key == "other":
            self._said = said

    def _moves(self, key: str) -> bool:
        """Return whether *key* scrolls here; space asks for the answer where there is nothing more to see."""
        if key == " " and not (self._is_answered or self._scroll.hidden):
            return False
        return self._scroll.move(key)

    def _command(self, key: str) -> bool:
        """Return whether *key* does the same at every card; if so, do it."""
        match key:
            case "?":
                self._is_helping = True
            case "u":
                self._undo()
            case "s" if self._sitting.current:
                card = self._sitting.current
                self._sitting.suspend()
                self._said = f"{card} is suspended; u takes that back."
                self._turn()
            case "e" if self._sitting.current:
                self._edit()
            case _:
                return False
        return True

    def _answer_or_rate(self, key: str) -> None:
        if not self._sitting.current:
            if key in ("b", "\r", "\n") and self._katas:
                self._kata, self._leave = self._katas[0].slug, True
        elif not self._is_answered:
            self._is_answered = True
            self._scroll.reset()
        elif key in RATINGS:
            self._sitting.rate(RATINGS[key])
            self._turn()

    def _undo(self) -> None:
        undone = self._sitting.undo()
        self._said = f"{undone} is asked again." if undone else "There is nothing to undo."
        if undone:
            self._turn()

    def _turn(self) -> None:
        self._is_answered = False
        self._scroll.reset()

    def _edit(self) -> None:
        from .editing import edit_card

        card = self._sitting.current
        self._library, self._said = edit_card(
            self._settings, self._state, self._library, card, self._page.suspended()
        )

    # -------- what is shown

    def _draw(self) -> None:
        view = self._view()
        self._scroll.draw(self._settings.screen, view, self._said, self._keys())

    def _keys(self) -> str:
        if self._is_helping:
            return "any key goes back"
        if not self._sitting.current:
            begin = f"b begin {self._katas[0].slug} · " if self._katas else ""
            return f"{begin}{'u undo · ' if self._sitting.can_undo else ''}q quit"
        if not self._is_answered:
            return f"any key: the answer · ? help\n{_OTHERS}"
        from ..render.cards import ratings_line

        width = shutil.get_terminal_size().columns
        return f"{ratings_line(self._sitting.outcomes(), now(), width)}\n{_OTHERS}"

    def _view(self) -> RenderableType | str:
        if self._is_helping:
            return _HELP
        card = self._card()
        return self._page_of(card) if card else self._end()

    def _card(self) -> Card | None:
        """Return the current card; one that cannot be read is passed over, and why is said."""
        while self._sitting.current:
            try:
                return self._library.card(self._sitting.current)
            except MlkataError as error:
                self._said = f"{self._sitting.current} is left out: {error}"
                self._sitting.turn()
        return None

    def _page_of(self, card: Card) -> RenderableType:
        from ..render.cards import answer_view, question_view

        left = f"{card.kind.value} · {self._sitting.left} left"
        view = answer_view if self._is_answered else question_view
        return view(card, self._library.title(card.deck), left)

    def _end(self) -> str:
        from ..render.cards import katas_lines, sitting_lines

        lines = [*sitting_lines(self._sitting), "", *katas_lines(self._katas)]
        if len(self._katas) > 1:
            lines.append(f"{counted(len(self._katas), 'kata')}, one after the other: this one first.")
        return "\n".join(lines)

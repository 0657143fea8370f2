"""`--help` on a terminal: in colour, and no wider than the terminal is."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

import click

from .screen import usable_width

_WIDEST, _NARROW = 78, 60
_WIDEST_TERM = 30  # what is longer has a line of its own


class HelpFormatter(click.HelpFormatter):
    """Headings are bold, what can be typed is cyan."""

    def __init__(self, *, is_coloured: bool) -> None:
        super().__init__(width=min(_WIDEST, usable_width(shutil.get_terminal_size().columns)))
        self._is_coloured = is_coloured

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(self._styled(prog, bold=True), args, prefix)

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{self._styled(f'{heading}:', bold=True)}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = _WIDEST_TERM, col_spacing: int = 2
    ) -> None:
        col_max = self.width // 3 if self.width < _NARROW else col_max
        styled = [(self._styled(term, fg="cyan"), text) for term, text in rows]
        super().write_dl(styled, col_max, col_spacing)

    def _styled(self, text: str, *, bold: bool | None = None, fg: str | None = None) -> str:
        return click.style(text, bold=bold, fg=fg) if self._is_coloured else text

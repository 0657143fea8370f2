"""The README's picture of a failed check, for light pages and for dark ones: judged, then drawn."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME, TerminalTheme

from ml_katas.course.catalog import Catalog
from ml_katas.judging.protocol import Judge, request
from ml_katas.practice.demo import FAMOUS_MISTAKE
from ml_katas.render.page import View
from ml_katas.render.report import Story

_HERE = Path(__file__).parent
_THEMES: Mapping[str, TerminalTheme] = {"light": DEFAULT_TERMINAL_THEME, "dark": SVG_EXPORT_THEME}
_SEED = "7f3a"
_WIDTH = 80


def failure_pictures(judge: Judge) -> dict[Path, str]:
    """Return the SVG of each picture by its path."""
    failure = _failure(judge)
    return {_HERE / f"failure-{name}.svg": _svg(failure, theme) for name, theme in _THEMES.items()}


def _failure(judge: Judge) -> View:
    kata = Catalog.load(None).find("moe-topk")
    mistake = next(mistake for mistake in kata.mistakes if mistake.name == FAMOUS_MISTAKE)
    return Story(
        report=judge(request(kata, mistake.source, file_name=kata.file_name, seed=_SEED)),
        title=kata.facts.title,
        file=kata.file_name,
        hints_shown=0,
        hints_total=len(kata.hints),
    ).view()


def _svg(view: View, theme: TerminalTheme) -> str:
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(view)
    svg = console.export_svg(title="mlkata check", unique_id="failure", theme=theme)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # nothing is fetched to show a picture
    return svg.rstrip() + "\n"

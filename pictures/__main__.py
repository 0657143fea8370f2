"""`python -m pictures`: judge, draw and save every picture of the README anew, and the map of the course."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console, RenderableType

from ml_katas.course.catalog import Catalog
from ml_katas.course.kata import Kata
from ml_katas.judging.client import judging
from ml_katas.judging.protocol import request
from ml_katas.practice.demo import FAMOUS_MISTAKE
from ml_katas.render.brief import brief_view
from ml_katas.render.report import Story

from .course_map import PAGE, course_map

HERE = Path(__file__).parent
_SEED = "7f3a"
_WIDTH = 80


def main() -> None:
    """Draw the failure, the pass and the brief of moe-topk."""
    kata = Catalog.load(None).find("moe-topk")
    mistake = next(mistake for mistake in kata.mistakes if mistake.name == FAMOUS_MISTAKE)
    _save("failure", "mlkata check", _report(kata, mistake.source))
    _save("pass", "mlkata check", _report(kata, kata.solution.read_bytes()))
    _save("brief", "mlkata show", brief_view(kata))
    PAGE.write_text(course_map(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(HERE.parent)}")


def _report(kata: Kata, source: bytes) -> RenderableType:
    with judging() as judge:
        report = judge(request(kata, source, file_name=kata.file_name, seed=_SEED))
    return Story(
        report=report,
        title=kata.facts.title,
        file=kata.file_name,
        hints_shown=0,
        hints_total=len(kata.hints),
    ).view()


def _save(name: str, title: str, view: RenderableType) -> None:
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(view)
    svg = console.export_svg(title=title, unique_id=name)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # nothing is fetched to show a picture
    (HERE / f"{name}.svg").write_text(svg.rstrip() + "\n", encoding="utf-8")
    print(f"wrote {(HERE / name).relative_to(HERE.parent)}.svg")


if __name__ == "__main__":
    main()

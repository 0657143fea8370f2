"""`python -m pictures`: draw the README's picture and the map of the course anew."""

from __future__ import annotations

from pathlib import Path

from ml_katas.judging.client import judging

from .course_map import PAGE, course_map
from .failure import failure_pictures


def main() -> None:
    """Write each file and say so."""
    with judging() as judge:
        drawn = {**failure_pictures(judge), PAGE: course_map()}
    for path, text in drawn.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(Path(__file__).parent.parent)}")


if __name__ == "__main__":
    main()

"""Values of the vocabulary as rich renderables; nothing here prints.

What is drawn looks at the console that draws it: its width, whether it knows Unicode, whether it has colour.
"""

from __future__ import annotations

from .answer import code_view, comparison_view, solution_view
from .brief import brief_view, hint_view
from .catalogue import catalogue_view
from .failure import failure_view
from .report import report_view
from .status import finish_view, status_view
from .versions import history_view

__all__ = [
    "brief_view",
    "catalogue_view",
    "code_view",
    "comparison_view",
    "failure_view",
    "finish_view",
    "hint_view",
    "history_view",
    "report_view",
    "solution_view",
    "status_view",
]

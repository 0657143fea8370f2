"""Values of the vocabulary as rich renderables; nothing here prints.

What is drawn looks at the console that draws it: its width, whether it knows Unicode, whether it has colour.
"""

from __future__ import annotations

from .brief import brief_view, hint_view
from .catalogue import catalogue_view
from .failure import failure_view
from .report import report_view

__all__ = ["brief_view", "catalogue_view", "failure_view", "hint_view", "report_view"]

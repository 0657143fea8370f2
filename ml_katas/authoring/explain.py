"""The rules in words, read from their docstrings: what each asks for, why, and how to fix what it finds."""

from __future__ import annotations

import inspect

from ..errors import UsageError
from ..support.records import record
from ..support.spelling import nearest
from .rules import RULES


@record
class Explanation:
    """What a rule asks for in one sentence, why it does, and how to fix what it finds."""

    rule: str
    asks: str
    why: str
    fix: str


def explanation(name: str) -> Explanation:
    """Return the rule called *name* in words, or raise UsageError with the nearest one."""
    rule = name.strip("[]").replace("_", "-")  # as a finding shows it, or as the code does
    if rule not in RULES:
        raise UsageError(
            f"No rule called {name!r}.{nearest(rule, RULES)}",
            "`mlkata author check --explain all` lists them.",
        )
    asks, why, fix = (" ".join(part.split()) for part in (inspect.getdoc(RULES[rule]) or "").split("\n\n"))
    return Explanation(rule, asks, why, fix)


def explanations() -> tuple[Explanation, ...]:
    """Return all rules in words, in the order in which they are tried."""
    return tuple(explanation(name) for name in RULES)

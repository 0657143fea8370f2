"""The kept versions of a submission, newest last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..practice.versions import History, Kept
from ..support.sanitize import sanitize_line
from .dates import local
from .page import Page, View


def history_view(history: History) -> View:
    """Return the kept versions with the verdict on each, and how to bring one back."""
    return View(lambda page: _lines(page, history))


def _lines(page: Page, history: History) -> Iterator[Text]:
    slug = history.kata.slug
    yield from page.wrapped(Text.assemble(page.text(slug, "bold"), "  ", page.text(history.kata.facts.title)))
    yield Text()
    for kept in history.kept:
        lead = Text(f"  {kept.version.number:>3}  {local(kept.version.at)}  ")
        yield from page.hanging(lead, _verdict(page, kept))
    if not history.kept:
        yield from page.hanging("  ", Text("No version is kept yet; `mlkata check` keeps what it judges."))
    elif history.is_unkept:
        yield from page.hanging("       ", Text("and your file as it is now", "dim"))
    if history.kept:
        yield Text()
        yield from page.hanging("  ", Text.assemble("bring one back: ", (f"mlkata restore {slug} N", "cyan")))


def _verdict(page: Page, kept: Kept) -> Text:
    attempt = kept.attempt
    if not attempt:
        verdict = Text("not checked", "dim")
    else:
        verdict = Text(attempt.status, "green" if attempt.status == "passed" else "yellow")
        if attempt.total and attempt.status != "passed":
            verdict.append(f", {attempt.passed} of {attempt.total}")
        if attempt.message:
            verdict.append(f": {sanitize_line(attempt.message)}")
        if attempt.replayed:
            verdict.append(", a replay with a chosen seed", "dim")
    return page.parts(verdict, Text("your file now", "bold") if kept.is_current else Text())

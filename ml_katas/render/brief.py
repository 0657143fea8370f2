"""What a learner reads before and while writing: the brief, a hint."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from ..course.kata import Kata, Reference
from .page import Page, View


def brief_view(kata: Kata) -> View:
    """Return the brief of *kata*: its facts, its text with readable formulas, its references."""
    return View(lambda page: _brief(page, kata))


def hint_view(kata: Kata, number: int) -> View:
    """Return hint *number* of *kata*, counted from 1."""
    return View(lambda page: _hint(page, kata, number))


def _brief(page: Page, kata: Kata) -> Iterator[RenderableType]:
    from .prose import Prose

    yield from _header(page, kata)
    yield Text()
    yield Prose(_without_title(kata.brief, kata.facts.title))
    if kata.facts.references:
        yield from (Text(), Text("References", style="bold"), Text())
        for number, reference in enumerate(kata.facts.references, 1):
            yield from reference_lines(page, f"{number}. ", reference)


def _header(page: Page, kata: Kata) -> Iterator[Text]:
    facts = kata.facts
    yield from page.wrapped(Text.assemble(page.text(kata.slug, "bold"), "  ", page.text(facts.title, "bold")))
    parts = (Text(facts.difficulty), Text(f"up to {facts.minutes} min"), page.text(", ".join(facts.tags)))
    line = page.parts(*parts)
    line.stylize("dim")
    yield from page.wrapped(line)


def _without_title(markdown: str, title: str) -> str:
    """Return *markdown* without a first heading that repeats the title."""
    first, _, rest = markdown.lstrip().partition("\n")
    return rest.lstrip("\n") if first == f"# {title}" else markdown


def reference_lines(page: Page, lead: str, reference: Reference) -> Iterator[Text]:
    """Yield a reference behind *lead*, its address on a line of its own."""
    text = f"{reference.text}, {reference.where}" if reference.where else reference.text
    yield from page.hanging(lead, page.text(text))
    if reference.url:
        yield from page.hanging(" " * len(lead), page.text(reference.url, "cyan"))


def _hint(page: Page, kata: Kata, number: int) -> Iterator[RenderableType]:
    from .prose import Prose

    hint = kata.hints[number - 1]
    lead = Text(f"hint {number} of {len(kata.hints)}", style="cyan")
    yield from page.wrapped(Text.assemble(lead, "  ", page.text(hint.title, "bold")))
    yield Text()
    yield Prose(hint.text)

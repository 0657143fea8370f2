"""A check that did not pass: what came, what was expected, where, and which mistake that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from rich.text import Text

from ..report import CheckResult, Diagnosis, Failure, FailureKind, Frame, Status
from .page import Page, View
from .window import window_lines

_MESSAGE_LINES, _FRAMES, _OUTPUT_LINES, _BEGINNING_LINES, _ALIKE_LINES = 8, 6, 12, 3, 2
_EVIDENT = {Status.FAILED, Status.PASSED}  # what their signs say already


def failure_view(check: CheckResult, *, file: str, diagnosis: Diagnosis | None = None) -> View:
    """Return one check in full, as a report shows its first failure."""
    return View(lambda page: failure_lines(page, check, file, diagnosis))


def failure_lines(page: Page, check: CheckResult, file: str, diagnosis: Diagnosis | None) -> Iterator[Text]:
    yield from check_line(page, check)
    yield from _indented(page, lambda inner: _details(inner, check, file, diagnosis))


def brief_lines(page: Page, check: CheckResult) -> Iterator[Text]:
    """Yield a failing check that is not the first: its sentence and what it says, in a line or two."""
    yield from check_line(page, check)
    message = check.failure.message if check.failure else ""
    first, *others = page.text(message.strip()).split("\n")
    if others:
        first.append(f" {page.glyphs.ellipsis}")
    if first:
        yield from _indented(page, lambda inner: inner.wrapped(first)[:2])
    yield from _beginning(page, check.output)


def alike_lines(page: Page, checks: Sequence[CheckResult]) -> Iterator[Text]:
    """Yield the failing checks that have the cause of the one before, in two lines at most."""
    lead = Text.assemble("  ", (f"{page.glyphs.failed:<{page.glyphs.width}}", "bold red"), " ")
    counted = "1 more check" if len(checks) == 1 else f"{len(checks)} more checks"
    sentences = Text("; ").join([page.text(check.sentence) for check in checks])
    text = Text.assemble((f"for the same reason, {counted}: ", "bold"), sentences)
    lines = list(page.hanging(lead, text))
    if len(lines) > _ALIKE_LINES:
        last = lines[_ALIKE_LINES - 1]
        last.right_crop(len(last) - last.plain.rfind(" ", 0, page.width - 2))
        last.append(f" {page.glyphs.ellipsis}")
    yield from lines[:_ALIKE_LINES]


def folded_lines(page: Page, count: int) -> Iterator[Text]:
    """Yield how many checks passed."""
    sign = (f"{page.glyphs.passed:<{page.glyphs.width}}", "green")
    yield Text.assemble("  ", sign, f" {count} passed")


def passed_lines(page: Page, check: CheckResult) -> Iterator[Text]:
    """Yield a check that passed, with the beginning of what was printed in it."""
    yield from check_line(page, check)
    yield from _beginning(page, check.output)


def check_line(page: Page, check: CheckResult) -> Iterator[Text]:
    """Yield a check's sign and sentence; a status that the sign does not say follows as a word."""
    passed = check.status is Status.PASSED
    sign = page.glyphs.passed if passed else page.glyphs.failed
    lead = Text.assemble("  ", (f"{sign:<{page.glyphs.width}}", "green" if passed else "bold red"), " ")
    sentence = page.text(check.sentence, "" if passed else "bold")
    if check.status not in _EVIDENT:
        sentence.append(f" ({check.status})", style="red")
    yield from page.hanging(lead, sentence)


def place_lines(page: Page, file: str, frame: Frame) -> Iterator[Text]:
    """Yield `file:line`, the function, and the line itself."""
    where = Text.assemble(page.text(f"{file}:{frame.line}", "cyan"), "  ", page.text(frame.function))
    yield from page.wrapped(where)
    if frame.code:
        yield from page.hanging("    ", page.text(frame.code.strip(), "dim"))


def output_lines(page: Page, output: str, title: str = "output") -> Iterator[Text]:
    """Yield the end of what was printed, every line behind a bar."""
    lines = page.text(output.rstrip("\n")).split("\n")
    hidden = len(lines) - _OUTPUT_LINES
    yield Text(title if hidden <= 0 else f"{title}, without its first {hidden} lines", style="dim")
    for line in lines[-_OUTPUT_LINES:]:
        for part in page.less(2).wrapped(line):
            yield Text.assemble((f"{page.glyphs.bar} ", "dim"), part)


def _beginning(page: Page, output: str) -> Iterator[Text]:
    """Yield the first lines of what was printed in a check that is not shown in full."""
    lines = list(page.text(output.strip("\n")).split("\n")) if output.strip() else []
    hidden = len(lines) - _BEGINNING_LINES

    def draw(inner: Page) -> Iterator[Text]:
        for line in lines[:_BEGINNING_LINES]:
            for part in inner.less(2).wrapped(line):
                yield Text.assemble((f"{page.glyphs.bar} ", "dim"), part)
        if hidden > 0:
            more = "1 more line" if hidden == 1 else f"{hidden} more lines"
            yield Text(f"{page.glyphs.ellipsis} {more}", style="dim")

    yield from _indented(page, draw)


def diagnosis_lines(page: Page, diagnosis: Diagnosis) -> Iterator[Text]:
    lead = Text(f"{page.glyphs.arrow} ", style="bold yellow")
    for paragraph in diagnosis.text.strip().split("\n\n"):
        yield from page.hanging(lead, page.text(" ".join(paragraph.split())))
        lead = Text(" " * lead.cell_len)


def _indented(page: Page, draw: Callable[[Page], Iterable[Text]]) -> Iterator[Text]:
    indent = " " * (4 if page.is_narrow else 6)
    lines = list(draw(page.less(len(indent))))
    while lines and not lines[-1]:
        lines.pop()
    for line in lines:
        yield Text.assemble(indent if line else "", line)


def _details(page: Page, check: CheckResult, file: str, diagnosis: Diagnosis | None) -> Iterator[Text]:
    failure = check.failure
    if diagnosis and diagnosis.check == check.name:
        yield from diagnosis_lines(page, diagnosis)
    if failure:
        yield from _summary(page, failure)
        if failure.window and failure.worst and failure.worst.index:
            yield from (Text(), *_indented(page, partial(window_lines, window=failure.window)), Text())
        if failure.relation:
            yield from page.wrapped(page.text(failure.relation))
        yield from _places(page, file, failure)
        if failure.call:
            yield from page.hanging("called as ", page.text(failure.call, "dim"))
    if check.output.strip():
        yield from output_lines(page, check.output)


def _summary(page: Page, failure: Failure) -> Iterator[Text]:
    counts = _counts(page, failure)
    if failure.kind is not FailureKind.VALUES or not counts:
        yield from _message(page, failure.message)
    if counts:
        subject = Text.assemble(page.text(failure.label or "got", "bold"), "  ", page.text(failure.actual))
        yield from page.apart(subject, counts, gap=5)


def _message(page: Page, message: str) -> Iterator[Text]:
    lines = list(page.text(message.strip()).split("\n")) if message.strip() else []
    for line in lines[:_MESSAGE_LINES]:
        yield from page.wrapped(line)
    if len(lines) > _MESSAGE_LINES:
        yield Text(f"{page.glyphs.ellipsis} {len(lines) - _MESSAGE_LINES} more lines", style="dim")


def _counts(page: Page, failure: Failure) -> Text:
    """Return how much of a tensor differs and where it does most; nothing for a single number."""
    if not (failure.differing and failure.worst and failure.worst.index):
        return Text()
    worst, delta = failure.worst, f"|{page.glyphs.delta}|"
    size = f"worst {delta} {worst.difference}" if worst.difference else "first"
    return page.parts(
        page.text(f"{failure.differing.count} of {failure.differing.total} differ", "red"),
        page.text(f"{size} at {list(worst.index)}"),
    )


def _places(page: Page, file: str, failure: Failure) -> Iterator[Text]:
    frames = failure.traceback or ((failure.at,) if failure.at else ())
    hidden = len(frames) - _FRAMES
    if hidden > 0:
        yield Text(f"{page.glyphs.ellipsis} {hidden} more calls", style="dim")
    for frame in frames[-_FRAMES:]:
        yield from place_lines(page, file, frame)

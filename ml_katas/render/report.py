"""A report on one screen: what passed, the first failure in full, the next step."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..report import CheckResult, IsolationLevel, Report, Status
from ..support.records import record
from .failure import (
    brief_lines,
    check_line,
    diagnosis_lines,
    failure_lines,
    output_lines,
    passed_lines,
    place_lines,
)
from .page import Page, View

_WEAK = "Your code can read and write your files; do not check code you do not trust."
_UNMEASURED = "Do not check code you do not trust."
_OURS = "This is not your fault: the kata or mlkata is broken, and the attempt does not count."


def report_view(report: Report, *, title: str, file: str, hints_shown: int, hints_total: int) -> View:
    """Return *report* on a submission called *file* of the kata called *title*."""
    return _Story(
        report=report, title=title, file=file, hints_shown=hints_shown, hints_total=hints_total
    ).view()


def diagnosis_view(report: Report) -> View:
    """Return the mistake behind the failures of *report*, to be shown below it."""
    return View(lambda page: _diagnosis(page, report))


def _diagnosis(page: Page, report: Report) -> Iterator[Text]:
    diagnosis = report.diagnosis
    assert diagnosis is not None
    yield Text()
    for check in report.checks:
        if check.name == diagnosis.check and check is not report.first_failure:
            yield from check_line(page, check)
    for line in diagnosis_lines(page.less(2), diagnosis):
        yield Text.assemble("  ", line)


@record(kw_only=True)
class _Story:
    """A report with what is shown beside it."""

    report: Report
    title: str
    file: str
    hints_shown: int
    hints_total: int

    def view(self) -> View:
        return View(self.lines)

    def lines(self, page: Page) -> Iterator[Text]:
        yield from self._header(page)
        for block in (self._checks, self._ending, self._next, self._foundation, self._isolation):
            lines = list(block(page))
            if lines:
                yield Text()
                yield from lines

    def _header(self, page: Page) -> Iterator[Text]:
        report = self.report
        left = Text.assemble(page.text(report.kata, "bold"), "  ", page.text(self.title))
        right = page.parts(
            Text(f"{report.passed} of {_counted(report.total, 'check')}") if report.total else Text(),
            Text(f"{report.ms:.0f} ms"),
            page.text(f"seed {report.seed}"),
        )
        yield from page.apart(left, right)

    def _checks(self, page: Page) -> Iterator[Text]:
        for check in self.report.checks:
            if check.status is Status.PASSED:
                yield from passed_lines(page, check)
            elif check is self._in_full:
                yield from failure_lines(page, check, self.file, self.report.diagnosis)
            elif not self._is_waiting(check):
                yield from brief_lines(page, check)
                yield from self._late_diagnosis(page, check)

    @property
    def _in_full(self) -> CheckResult | None:
        """The check that is shown in full; what is not written yet needs no explanation."""
        return None if self.report.status is Status.INCOMPLETE else self.report.first_failure

    def _is_waiting(self, check: CheckResult) -> bool:
        unwritten = self.report.status is Status.INCOMPLETE and check.status is Status.INCOMPLETE
        return check.status is Status.NOT_RUN or unwritten

    def _late_diagnosis(self, page: Page, check: CheckResult) -> Iterator[Text]:
        diagnosis = self.report.diagnosis
        if diagnosis and diagnosis.check == check.name:
            for line in diagnosis_lines(page.less(6), diagnosis):
                yield Text.assemble(" " * 6, line)

    def _ending(self, page: Page) -> Iterator[Text]:
        """Yield what is to be said of the report as a whole."""
        yield from self._verdict(page)
        if self.report.at:
            yield from place_lines(page, self.file, self.report.at)
        if self.report.output.strip():
            yield from output_lines(page, self.report.output, "output outside the checks")
        if self.report.status is Status.BROKEN:
            yield from page.wrapped(Text(_OURS, style="bold"))

    def _verdict(self, page: Page) -> Iterator[Text]:
        report = self.report
        if report.status is Status.PASSED:
            yield from page.wrapped(Text(_praise(report.total), style="bold green"))
        elif report.status is Status.INCOMPLETE:
            yield from page.wrapped(page.text(self._unwritten()))
        elif report.message and report.message != _message(self._in_full):
            lead = Text(f"{report.status}: ".capitalize(), style="bold red")
            yield from page.hanging(lead, page.text(report.message))

    def _unwritten(self) -> str:
        if self.report.message:
            return self.report.message
        failure = self.report.first_failure and self.report.first_failure.failure
        place = f"{self.file}:{failure.at.line}" if failure and failure.at else self.file
        state = "Not finished yet" if self.report.passed else "This is still the starter"
        return f"{state}: write your code at {place}, then run mlkata check again."

    def _next(self, page: Page) -> Iterator[Text]:
        left, right = Text(self._waiting(page)), Text(self._help(), style="cyan")
        if left and right:
            yield from page.apart(left, right)
        elif left or right:
            yield from page.hanging("  ", left[2:] if left else right)

    def _waiting(self, page: Page) -> str:
        count = sum(self._is_waiting(check) for check in self.report.checks)
        if not count:
            return ""
        return f"  {page.glyphs.dot:<{page.glyphs.width}} {_counted(count, 'check')} {self._fate(count)}"

    def _fate(self, count: int) -> str:
        waiting = "waits" if count == 1 else "wait"
        if self.report.status is Status.INCOMPLETE:
            return f"{waiting} for your code"
        if not self._in_full or self._in_full.status not in {Status.FAILED, Status.ERROR}:
            return "did not run"
        return f"{waiting} for this one"

    def _help(self) -> str:
        if self.report.status in (Status.PASSED, Status.BROKEN) or not self.hints_total:
            return ""
        if self.hints_shown < self.hints_total:
            return f"hint {self.hints_shown + 1} of {self.hints_total}: mlkata hint"
        return f"all {_counted(self.hints_total, 'hint')} shown: mlkata hint"

    def _foundation(self, page: Page) -> Iterator[Text]:
        """Yield which earlier work the submission was built on."""
        own = [f"{work.kata} (version {work.version})" for work in self.report.builds_on if work.version]
        ours = [work.kata for work in self.report.builds_on if not work.version]
        if own:
            yield from page.hanging("Built on your ", page.text(", ".join(own)))
        if ours:
            yield from page.hanging("Built on our solution of ", page.text(", ".join(ours)))

    def _isolation(self, page: Page) -> Iterator[Text]:
        level = self.report.isolation.level
        if level is IsolationLevel.UNKNOWN and self.report.status is Status.BROKEN:
            return  # nothing was measured, and nothing ran
        if level is not IsolationLevel.STRONG:
            why = _UNMEASURED if level is IsolationLevel.UNKNOWN else _WEAK
            weak = page.text(f"{level.replace('-', ' ')}. {why}")
            yield from page.wrapped(Text.assemble(("Isolation: ", "bold yellow"), weak))


def _praise(total: int) -> str:
    return "Solved: the check passes." if total == 1 else f"Solved: all {total} checks pass."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _message(check: CheckResult | None) -> str:
    return check.failure.message if check and check.failure else ""

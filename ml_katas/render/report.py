"""A report on one screen: the verdict, the first failure in full, what passed, the next step."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..report import CheckResult, IsolationLevel, Report, Status
from ..support.records import record
from .failure import (
    alike_lines,
    brief_lines,
    check_line,
    diagnosis_lines,
    failure_lines,
    folded_lines,
    output_lines,
    passed_lines,
    place_lines,
)
from .page import Page, View

_WEAK = "Your code can read and write your files; do not check code you do not trust."
_UNMEASURED = "Do not check code you do not trust."
_OURS = "This is not your fault: the kata or mlkata is broken, and the attempt does not count."


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
class Story:
    """A report on a submission called `file` of the kata called `title`, with what is shown beside it.

    Where it `is_folded`, what passed is a number even when all of it did; where it `is_starter`, nothing was
    written yet.
    """

    report: Report
    title: str
    file: str
    hints_shown: int
    hints_total: int
    is_folded: bool = False
    is_starter: bool = False

    def view(self) -> View:
        """Return all of it."""
        return View(lambda page: [*self._header(page), *self._explanation(page)])

    def verdict_view(self) -> View:
        """Return the beginning, which is known before a mistake is looked for."""
        return View(self._header)

    def explanation_view(self) -> View:
        """Return what stands below the verdict."""
        return View(self._explanation)

    def _explanation(self, page: Page) -> Iterator[Text]:
        for block in (self._checks, self._ending, self._next, self._foundation, self._isolation):
            lines = list(block(page))
            if lines:
                yield Text()
                yield from lines

    def _header(self, page: Page) -> Iterator[Text]:
        report = self.report
        style = "bold green" if report.status is Status.PASSED else "bold red"
        verdict = (str(report.status).capitalize(), style)
        left = Text.assemble(verdict, "  ", page.text(report.kata, "bold"), "  ", page.text(self.title))
        right = page.parts(
            Text(f"{report.passed} of {_counted(report.total, 'check')}") if report.total else Text(),
            Text(f"{report.ms:.0f} ms"),
            page.text(f"seed {report.seed}"),
        )
        yield from page.apart(left, right)

    def _checks(self, page: Page) -> Iterator[Text]:
        """Yield failures first, the first in full and those of the same cause in a line, then what passed."""
        if self._in_full:
            yield from failure_lines(page, self._in_full, self.file, self.report.diagnosis)
        others = [check for check in self.report.checks if self._is_another_failure(check)]
        alike = [check for check in others if self._is_like_the_first(check)]
        if alike:
            yield from alike_lines(page, alike)
        for check in others:
            if check not in alike:
                yield from brief_lines(page, check)
                yield from self._late_diagnosis(page, check)
        yield from self._passed(page)

    def _passed(self, page: Page) -> Iterator[Text]:
        """Yield what passed: all of it at the end of a kata, before that a number and what was printed."""
        is_over = self.report.status is Status.PASSED and not self.is_folded
        passed = [check for check in self.report.checks if check.status is Status.PASSED]
        folded = [check for check in passed if not is_over and not check.output.strip()]
        for check in passed:
            if check not in folded:
                yield from passed_lines(page, check)
        if folded:
            yield from folded_lines(page, len(folded))

    def _is_another_failure(self, check: CheckResult) -> bool:
        is_failure = check.status is not Status.PASSED and not self._is_waiting(check)
        return is_failure and check is not self._in_full

    def _is_like_the_first(self, check: CheckResult) -> bool:
        """Return whether a failure has the cause of the first: the mistake that is named, or its error."""
        first, diagnosis = self._in_full, self.report.diagnosis
        if not first:
            return False
        if diagnosis and diagnosis.mistake and diagnosis.check == first.name:
            return check.status is Status.FAILED
        is_error = first.status is Status.ERROR is check.status
        return is_error and _error(first) == _error(check)

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
        state = "This is still the starter" if self.is_starter else "Not finished yet"
        return f"{state}: write your code at {place}, then run mlkata check again."

    def _next(self, page: Page) -> Iterator[Text]:
        left, right = Text(self._waiting(page)), self._help(page)
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
        return f"{waiting} for {'this one' if len(self.report.failed_checks) == 1 else 'those above'}"

    def _help(self, page: Page) -> Text:
        """Return the ways on: the next hint, and what else can be seen of a failure."""
        if self.report.status in (Status.PASSED, Status.BROKEN):
            return Text()
        is_seen = self._in_full is not None and self._in_full.status in {Status.FAILED, Status.ERROR}
        closer = "look closer: mlkata replay" if is_seen else ""
        return page.parts(Text(self._hint(), style="cyan"), Text(closer, style="cyan"))

    def _hint(self) -> str:
        if not self.hints_total:
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


def _error(check: CheckResult) -> tuple[object, ...]:
    failure = check.failure
    return () if failure is None else (failure.kind, failure.message, failure.traceback)


def _message(check: CheckResult | None) -> str:
    return check.failure.message if check and check.failure else ""

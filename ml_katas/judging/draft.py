"""A report in the making, from the events of a judge."""

from __future__ import annotations

from ..report import CheckResult, Diagnosis, Isolation, IsolationLevel, Report, Status
from .protocol import Checked, Diagnosed, Ended, Event, Refused, Started


class Draft:
    """What is known of a report so far.

    `lack`: why the machine could not judge; `why`: the last words of what should have; `is_silent`: it was
    waited for in vain.
    """

    def __init__(self, slug: str, seed: str = "") -> None:
        self._slug, self._seed = slug, seed
        self._checks: list[CheckResult] = []
        self._end: Ended | None = None
        self._diagnosis: Diagnosis | None = None
        self._isolation = Isolation(IsolationLevel.UNKNOWN)
        self.has_begun = False
        self.lack: Refused | None = None
        self.why = ""
        self.is_silent = False

    @property
    def has_ended(self) -> bool:
        """Return whether there is a verdict."""
        return self._end is not None

    @property
    def is_hopeless(self) -> bool:
        """Return whether this machine can never judge such a request as it is set up."""
        return self.lack is not None and self.lack.for_good

    def take(self, event: Event) -> None:
        """Take over what one event says; a judge that starts makes what another one said void."""
        match event:
            case Started(isolation=isolation, seed=seed):
                self.has_begun = True
                self._checks = []
                self._isolation = isolation
                self._seed = seed or self._seed
            case Checked(check):
                self._checks.append(check)
            case Ended():
                self._end = event
            case Diagnosed(diagnosis):
                self._diagnosis = diagnosis
            case Refused():
                self.lack = event

    def report(self) -> Report:
        """Return the whole report; one that never ended is `broken`."""
        end = self._end or _unfinished(self.why)
        return Report(
            kata=self._slug,
            status=end.status,
            seed=self._seed,
            ms=end.ms,
            isolation=self._isolation,
            checks=tuple(self._checks),
            message=end.message,
            at=end.at,
            output=end.output,
            diagnosis=self._diagnosis,
        )


def _unfinished(reason: str) -> Ended:
    says = "The checker stopped before it had a verdict" + (f" ({reason})." if reason else ".")
    return Ended(status=Status.BROKEN, message=says)

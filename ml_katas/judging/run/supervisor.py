"""The supervisor: the submission in its current sandbox, replaced after a crash, under the report's clock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from ...course.kata import Limits
from ...report import Frame, Status
from ...support.records import record
from .. import endings, seeds
from ..boundary.codec import BadValue, NoMemory
from ..boundary.exceptions import RemoteError
from ..boundary.families import entry_behind
from ..boundary.frames import (
    Beside,
    Channel,
    Closed,
    Corrupted,
    RecordingChannel,
    TimedOut,
)
from ..boundary.initial_states import State
from ..boundary.judge_side import JudgePeer
from ..boundary.overtime import GRACE_S
from ..boundary.overtime import NAME as STILL_RUNNING
from ..endings import Ending
from ..protocol import Module
from ..sandbox.providers import MOST_OUTPUT_MIB, Sandbox, Sandboxes
from .submission import Rejected, Submission, Use, is_refusal, why_not_built_on, why_not_loaded, why_not_there

MOST_REPLACEMENTS = 2


class Clock:
    """The wall clock of one report: a deadline for the whole and one for the check at hand."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.started = time.monotonic()
        self._total = self.started + limits.total_seconds
        self._check = self._total

    def begin_check(self) -> None:
        self._check = time.monotonic() + self.limits.check_seconds

    def extend(self, seconds: float) -> None:
        """Let so much time not count: it was not the submission's."""
        self._total += seconds
        self._check += seconds

    def deadline(self) -> float:
        return min(self._total, self._check)

    def last_moment(self) -> float:
        """Return when a submission is ended that has not come to an end, nor said where it is."""
        return self.deadline() + GRACE_S

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.deadline() - GRACE_S  # clocks of two processes, and of timers

    def ending(self) -> Ending:
        """Return the ending for whichever limit came first."""
        if self._total <= self._check:
            return endings.timeout(self.limits.total_seconds, "the whole suite")
        return endings.timeout(self.limits.check_seconds, "one check")


@record
class _Loading:
    """Requests of a submission that is being loaded, none of them answered yet."""

    modules: tuple[tuple[Module, int], ...]
    scan: int | None
    load: int


class Supervisor:
    """Starts a sandbox when one is needed, loads the submission, and says how a sandbox ended."""

    def __init__(
        self, sandboxes: Sandboxes, submission: Submission, limits: Limits, beside: list[Beside]
    ) -> None:
        self.clock = Clock(limits)
        self.submission = submission
        self.ending: Ending | None = None
        self.output = ""
        self.record = False  # whether what is sent is kept, to be played back
        self.channel: Channel | None = None
        self._sandboxes = sandboxes
        self._limits = limits
        self._beside = beside
        self._sandbox: Sandbox | None = None
        self._peer: JudgePeer | None = None
        self._replacements = -1
        self._seed = 0
        self._shipped: dict[str, str] = {}
        self._loading: _Loading | None = None
        self.use: Use | None = None  # the first one of what the kata avoids

    # -------- sandboxes

    @property
    def has_begun(self) -> bool:
        """Return whether a sandbox was ever started."""
        return self._replacements >= 0

    def peer(self) -> JudgePeer:
        """Return the conversation with the current sandbox, or with a fresh one."""
        if self.ending is not None and (self.ending.final or self._peer is not None):
            raise self.ending
        if self._peer is None:
            self.start()
        assert self._peer is not None
        if self._loading is not None:
            loading, self._loading = self._loading, None
            self._finish_loading(self._peer, loading)
        return self._peer

    @property
    def current(self) -> JudgePeer | None:
        """The conversation of the check at hand, ended or not."""
        return self._peer

    def start(self) -> None:
        """Start a sandbox and have it load the submission, without waiting for either."""
        self._replacements += 1
        before = time.monotonic()
        sandbox = self._sandbox = self._sandboxes.start(limits_of_sandbox(self._limits))
        self.clock.extend(time.monotonic() - before)
        kind = RecordingChannel if self.record else Channel
        self.channel = kind(sandbox.sock, self.clock.last_moment, [sandbox.output, *self._beside])
        peer = self._peer = SupervisedPeer(self.channel, self)
        peer.most_shared = self._limits.memory_mib << 20
        peer.seed(self._seed)
        for name, source in self._shipped.items():
            peer.ask("ship", {"source": source, "name": name})
        self._loading = self._post_load(peer)

    def load(self, submission: Submission) -> None:
        """Judge another submission from now on, in the same sandbox while it lives."""
        self.submission = submission
        if self._peer is not None and self.ending is None:
            self._finish_loading(self._peer, self._post_load(self._peer))

    def _post_load(self, peer: JudgePeer) -> _Loading:
        modules = [
            (
                module,
                peer.post(
                    "ship", {"source": module.source.decode("utf-8-sig", "replace"), "name": module.name}
                ),
            )
            for module in self.submission.builds_on
        ]
        source = torch.tensor(list(self.submission.source), dtype=torch.uint8)  # which may be empty
        what = {"source": source, "file_name": self.submission.file_name}
        avoid = self.submission.avoid
        scan = peer.post("scan", {**what, "avoid": avoid}) if avoid else None
        asked = {**what, "entry_points": self.submission.entry_points}
        load = peer.post("load", asked, **peer.time_left())
        return _Loading(tuple(modules), scan, load)

    def _finish_loading(self, peer: JudgePeer, loading: _Loading) -> None:
        names = self.submission.entry_points
        for module, number in loading.modules:
            try:
                peer.wait(number)
            except RemoteError as error:
                raise Rejected(why_not_built_on(module, error)) from None
        try:
            self._note_uses(_checked_uses(peer.wait(loading.scan)) if loading.scan is not None else [])
            answer = peer.wait(loading.load)
        except RemoteError as error:
            at = error.frames[-1] if error.frames else None
            status = Status.FORBIDDEN if is_refusal(error) else Status.INVALID
            raise Rejected(why_not_loaded(error), at, status) from None
        except BadValue as error:
            raise Rejected(f"cannot be imported: it made {error}") from None
        kinds, public = answer if type(answer) is tuple and len(answer) == 2 else ((), ())
        if type(kinds) is not tuple or len(kinds) != len(names):
            raise self.ended(peer, Corrupted("a malformed load"))
        for name, kind in zip(names, kinds, strict=True):
            if kind not in ("class", "callable", "module"):
                raise Rejected(why_not_there(name, kind, public))

    def ship(self, name: str, source: str) -> None:
        """Send helper code to this sandbox and to every one that replaces it."""
        self._shipped[name] = source
        self.peer().ask("ship", {"source": source, "name": name})

    def ended(self, peer: JudgePeer, error: BaseException, frames: tuple[Frame, ...] = ()) -> Ending:
        """Return how the sandbox of *peer* ended, and put it away; *frames* say where the submission was."""
        if peer is self._peer and self.ending is None:
            self.ending = self._classify(error)
            self.ending.frames = frames
            self.put_away()
            self._peer = peer  # until the check ends, its stand-ins keep saying so
        return self.ending or endings.exited(None, 0)

    def _classify(self, error: BaseException) -> Ending:
        sandbox = self._sandbox
        assert sandbox is not None
        if isinstance(error, TimedOut):
            return self.clock.ending()
        if sandbox.output.flooded:
            return endings.flood(MOST_OUTPUT_MIB)
        if isinstance(error, Corrupted):
            return endings.corrupted(str(error))
        if isinstance(error, MemoryError | NoMemory):
            return endings.memory_of_judge(self._limits.memory_mib)
        code = self.put_away()
        if code == endings.OUT_OF_MEMORY:
            return endings.memory(self._limits.memory_mib)
        return endings.exited(code, self._limits.total_seconds)

    @property
    def is_late(self) -> bool:
        """Return whether the judge still works for the submission although the submission's time is over."""
        busy = self._peer is not None and self._peer.busy > 0
        return busy and time.monotonic() > self.clock.deadline()

    def without_end(self) -> tuple[Status, str]:
        """Return the verdict on a suite without end: its own fault, unless it called the submission."""
        if self._peer is None or not self._peer.asked:
            return Status.BROKEN, "the suite did not end by itself within its limits"
        return Status.TIMEOUT, "The checker was still at work on what your code did when its time was over."

    def put_away(self) -> int | None:
        """End the current sandbox; what it printed is kept."""
        if self._sandbox is None:
            return None
        sandbox, self._sandbox, self._peer = self._sandbox, None, None
        self.output += sandbox.output.take()
        return sandbox.stop()

    # -------- checks

    def begin_check(self, run_seed: str, name: str, states: Sequence[State] = ()) -> None:
        """Set clock and seeds for a check; raise Ending where no sandbox can be had for it."""
        self.clock.begin_check()
        self.ending = None
        self._seed = seeds.derive(run_seed, name, "sandbox")
        if self._sandbox is None:
            self._peer = None
        self.peer().begin_check(self._seed, states)

    def end_check(self) -> Ending | None:
        """Return how the sandbox ended during this check, if it did."""
        if self._peer is not None:
            self._note_uses(self._peer.take_uses())
        ending = self.ending
        if ending is not None and not ending.final and self._replacements >= MOST_REPLACEMENTS:
            ending = Ending(ending.status, f"{ending.sentence} It was the third time.", final=True)
        if self._sandbox is not None:
            self.output += self._sandbox.output.take()
        return ending

    def _note_uses(self, uses: Iterable[tuple[str, int]]) -> None:
        """Take the first use that is one of the kata's own list; whatever else is said is not said again."""
        for what, line in uses:
            found = entry_behind(what, self.submission.avoid)
            if found is not None and self.use is None:
                self.use = Use(*found, line)

    def take_output(self) -> str:
        """Return what was printed since the last time."""
        text, self.output = self.output, ""
        return text


class SupervisedPeer(JudgePeer):
    """A conversation whose breaks are endings."""

    def __init__(self, channel: Channel, supervisor: Supervisor) -> None:
        super().__init__(channel)
        self._supervisor = supervisor

    def post(self, op: str, values: dict[str, Any], *, sharing: bool = False, **plain: Any) -> int:
        with self._ending_on_break():
            return super().post(op, values, sharing=sharing, **plain)

    def wait(self, number: int) -> Any:
        with self._ending_on_break():
            return super().wait(number)

    def time_left(self) -> dict[str, Any]:
        left = self._supervisor.clock.deadline() - time.monotonic()
        return {"left": round(max(0.0, left), 3)}

    def adopt_exception(self, error: RemoteError) -> BaseException:
        if error.kind == STILL_RUNNING and self._supervisor.clock.is_over:
            return self._supervisor.ended(self, TimedOut(), error.frames)
        return super().adopt_exception(error)

    @contextlib.contextmanager
    def _ending_on_break(self) -> Iterator[None]:
        if self._supervisor.ending is not None:
            raise self._supervisor.ending
        try:
            yield
        except (Closed, Corrupted, TimedOut, MemoryError, NoMemory) as error:
            raise self._supervisor.ended(self, error) from None
        except Ending as ended:
            if self._supervisor.ending is None:
                self._supervisor.ending = ended
                self._supervisor.put_away()
            raise


def limits_of_sandbox(limits: Limits) -> dict[str, Any]:
    """Return the limits that a sandbox gets to know."""
    return {"cpu_seconds": limits.total_seconds, "memory_mib": limits.memory_mib}


def _checked_uses(answer: object) -> list[tuple[str, int]]:
    pairs = answer if type(answer) is tuple else ()
    return [
        (pair[0], pair[1]) for pair in pairs if type(pair) is tuple and tuple(map(type, pair)) == (str, int)
    ]

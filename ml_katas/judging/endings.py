"""How a conversation with a sandbox can end early, each with its status and its sentence."""

from __future__ import annotations

from ..report import Frame, Status


class Ending(BaseException):
    """The sandbox is of no more use: no `except Exception` in a suite may swallow that."""

    def __init__(self, status: Status, sentence: str, *, final: bool) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.frames: tuple[Frame, ...] = ()  # where the submission was, as it says
        self.final = final  # whether the report ends here, or a fresh sandbox takes the other checks


def timeout(seconds: float, what: str) -> Ending:
    return Ending(
        Status.TIMEOUT, f"Your code was still running after {seconds:g} s, the limit for {what}.", final=True
    )


def flood(mebibytes: int) -> Ending:
    return Ending(Status.LIMIT, f"Your code printed more than {mebibytes} MiB.", final=True)


def too_much(sentence: str) -> Ending:
    return Ending(Status.LIMIT, sentence, final=True)


def corrupted(detail: str) -> Ending:
    sentence = f"The channel between your code and the checker was corrupted: {detail}."
    return Ending(Status.CRASHED, sentence, final=True)


def memory(mebibytes: int) -> Ending:
    return Ending(
        Status.MEMORY, f"Your code needed more memory than the limit of {mebibytes} MiB.", final=False
    )


def memory_of_judge(mebibytes: int) -> Ending:
    sentence = f"The checker needed more memory for what your code sent it than the limit of {mebibytes} MiB."
    return Ending(Status.MEMORY, sentence, final=False)


OUT_OF_MEMORY = 71  # the exit code of a sandbox that could not answer for want of memory
MOST_THREADS = 256
# In place of an exit code: why a sandbox was killed, and that the system let none be started.
TOO_MANY_THREADS = -1000
NOT_STARTED = -1001

_SIGNALS = {
    4: "illegal instruction",
    6: "abort",
    7: "bus error",
    8: "arithmetic error",
    11: "segmentation fault",
}


def exited(code: int | None, cpu_seconds: float) -> Ending:
    """Return the ending for a sandbox that is gone; *code* as subprocess gives it, None if unknown."""
    if code == TOO_MANY_THREADS:
        return Ending(Status.LIMIT, f"Your code started more than {MOST_THREADS} threads.", final=False)
    if code == -24:
        return timeout(cpu_seconds, "processor time")
    if code in (-25, -31):
        return Ending(Status.FORBIDDEN, "Your code was stopped at what a submission may not do.", final=False)
    return Ending(Status.CRASHED, _how_it_exited(code), final=False)


def _how_it_exited(code: int | None) -> str:
    if code is None:
        return "The process of your code vanished."
    if code == -9:
        return "The process of your code was killed, perhaps because memory ran out."
    if code < 0:
        return f"Your code crashed its process: {_SIGNALS.get(-code, 'a signal')} (signal {-code})."
    return f"Your code ended its process with exit code {code} while the checker waited for an answer."

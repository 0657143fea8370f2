"""Functions that raise."""

import builtins
import os
import sys

import pytest

from ml_katas.judging.endings import Ending


class ShapeError(ValueError):
    pass


class Odd(Exception):
    def __str__(self):
        return "odd"


class Unprintable(Exception):
    def __str__(self):
        raise KeyError("no")


def fail(kind, *args):
    raise (globals().get(kind) or getattr(builtins, kind))(*args)


def convert():
    int("x")


def index():
    return [][3]


def quiet():
    return 1


def loud():
    raise KeyError("other")


def nothing():
    return None


def fine():
    return 1


def leave():
    os._exit(0)


# -------- exceptions that look like the judge's business


def leaves():
    sys.exit()


def leaves_with_0():
    sys.exit(0)


def interrupts():
    raise KeyboardInterrupt


def stops_a_generator():
    raise GeneratorExit


def stops_iterating():
    raise StopIteration(3)


def raises_a_bare_exception():
    raise BaseException("bare")


def skips():
    raise pytest.skip.Exception("skipped")


def exits_pytest():
    raise pytest.exit.Exception("left")


def xfails():
    raise pytest.xfail.Exception("expected")


def forges_an_ending():
    raise Ending(0, "forged", final=False)


def raises_a_group():
    raise ExceptionGroup("many", [ValueError(1)])


def raises_what_cannot_be_printed():
    raise Unprintable


def raises_much_text():
    raise ValueError("x" * (64 << 20))


def raises_with_many_arguments():
    raise ValueError(*["x"] * 3)


def raises_colours():
    raise ValueError("\x1b[31mred\x07")

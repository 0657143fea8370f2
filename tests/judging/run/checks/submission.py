"""Functions that answer, draw and look around."""

import gc
import importlib
import random
import sys

import numpy as np
import torch


def one():
    return 1


def two():
    return 2


def square(x):
    return x * x if x < 3 else 0


def scale(x, factors):
    factors.append(1)
    return x * len(factors)


# -------- random numbers


def draw(n):
    return torch.rand(n)


def numbers():
    return torch.rand(()).item(), random.random(), float(np.random.rand())


def reseed():
    torch.manual_seed(0)
    random.seed(0)


def own(n):
    return torch.rand(n, generator=torch.Generator().manual_seed(0))


# -------- what is within reach


def look():
    found = []
    for name in ("suite", "solution", "conftest"):
        try:
            importlib.import_module(name)
            found.append(name)
        except ImportError:
            pass
    found += [name for name in ("suite", "solution", "conftest") if name in sys.modules]
    kinds = {type(thing).__name__ for thing in gc.get_objects()}
    return found + sorted(kinds & {"Session", "SuiteRun", "Kata", "Suite"})

"""Functions that give back what they get, and make what does not cross."""

from collections import Counter, OrderedDict, defaultdict
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch


def echo(x):
    return x


def copy(x):
    return deepcopy(x)


def text_of(x):
    return f"{type(x).__name__} {x!r}"


def layout(x):
    return tuple(x.shape), tuple(x.stride()), x.is_contiguous(), x.sum()


def odd(x):
    return x.conj(), x.conj().imag, x.real.expand(2, 3), x.imag[::2], torch.view_as_real(x).mT


# -------- NumPy


def arrays():
    reversed_rows = np.arange(6.0).reshape(2, 3)[:, ::-1]
    return reversed_rows, np.float32(1.5), np.int64(3), np.bool_(True), np.array(2)


def mean(values):
    return np.mean(np.asarray(values))


def fill(values):
    values[0] = 7


def keep_arrays(table):
    table["array"] = np.zeros(2)
    table["scalar"] = np.float32(0.5)
    table["text"] = np.str_("a")
    return table["array"]


def object_array():
    return np.array([None, "x"], dtype=object)


# -------- records


class Pair(NamedTuple):
    left: torch.Tensor
    right: int


@dataclass
class Result:
    loss: torch.Tensor
    names: list


def pair():
    return Pair(torch.ones(2), 3)


def results():
    return [Result(torch.zeros(1), ["a"]), Result(torch.ones(1), [])]


def top(x):
    return x.topk(2)


def mappings():
    counted = defaultdict(list)
    counted["a"].append(1)
    return OrderedDict(b=1, a=2), counted, Counter("aab"), {"deep": [{"x": (torch.ones(1),)}]}


def read(pair, config, ordered, counted):
    return pair.left + pair[1] + config.width, list(ordered), counted["a"], type(ordered).__name__


# -------- what does not cross


class Odd(torch.Tensor):
    pass


def sparse():
    return torch.eye(2).to_sparse()


def meta_tensor():
    return torch.ones(2, device="meta")


def of_float8():
    return torch.ones(2).to(torch.float8_e4m3fn)


def of_17_dimensions():
    return torch.ones([1] * 17)


def subclass():
    return Odd(torch.ones(2))


def many_tensor_bytes():
    return torch.zeros(300 << 20, dtype=torch.uint8)


def long_list():
    return list(range(30_000))


def drawn(generator):
    return torch.rand(3, generator=generator)


def wide_set():
    return set(range(3_000))


def many_objects():
    return [0, 0, [0] * 19_000, [0] * 19_000]


def text_of_2_mib():
    return "x" * (2 << 20)


def large_integer():
    return 1 << 10_000


def deep(n):
    return [deep(n - 1)] if n else []


def deeper_than_allowed():
    return deep(60)


def cycle():
    items = []
    items.append(items)
    return items

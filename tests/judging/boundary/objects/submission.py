"""Classes, iterators, context managers and closures that stay where they are."""

import contextlib
import functools
import gc
import weakref
from dataclasses import dataclass, field
from typing import NamedTuple

# -------- an object and its state


class Box:
    kind = "box"

    def __init__(self, *items, limit=3):
        self.items, self.limit = list(items), limit

    def put(self, item):
        self.items.append(item)
        return self

    @property
    def size(self):
        return len(self.items)

    @classmethod
    def of(cls, n):
        return cls(*range(n))

    @staticmethod
    def answer():
        return 42

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

    def __setitem__(self, i, item):
        self.items[i] = item

    def __delitem__(self, i):
        del self.items[i]

    def __contains__(self, item):
        return item in self.items

    def __iter__(self):
        return iter(self.items)

    def __repr__(self):
        return f"Box{self.items}"

    def __call__(self, n):
        return n * self.limit


def make_box():
    return Box(1)


alive = weakref.WeakSet()


class Thing:
    def __init__(self):
        alive.add(self)


def count_things():
    gc.collect()
    return len(alive)


class Counter:
    def __init__(self):
        self.n = 0

    def step(self):
        self.n += 1
        return self.n


# -------- records


@dataclass
class Config:
    width: int = 3
    names: list = field(default_factory=list)

    def double(self):
        return Config(2 * self.width)


class Point(NamedTuple):
    x: int
    y: int = 0

    def norm(self):
        return self.x + self.y


def width_of(config):
    return config.width


# -------- operators


class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self._parents, self._backward = data, 0.0, parents, lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = backward
        return out

    def __pow__(self, n):
        out = Value(self.data**n, (self,))

        def backward():
            self.grad += n * self.data ** (n - 1) * out.grad

        out._backward = backward
        return out

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return -self + other

    def __eq__(self, other):
        return isinstance(other, Value) and self.data == other.data

    def __hash__(self):
        return id(self)

    def __lt__(self, other):
        return self.data < other.data

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                for p in v._parents:
                    visit(p)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            v._backward()


# -------- iterators

yielded = []


def numbers():
    n = 0
    while True:
        yielded.append(n)
        yield n
        n += 1


def numbers_so_far():
    return list(yielded)


def batches(x, size):
    for start in range(0, len(x), size):
        yield x[start : start + size]


def returns():
    yield 1
    return 2


def mapped(n):
    squares = map(pow, range(n), [2] * n)
    return squares, zip("ab", [1, 2], strict=True), enumerate("xy"), range(3), {"k": 1}.items()


def echo():
    got = yield "ready"
    while got is not None:
        got = yield got * 2


def failing():
    yield 1
    raise ValueError("after one")


class Count:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if not self.n:
            raise StopIteration
        self.n -= 1
        return self.n


# -------- context managers

happened = []


def events():
    return list(happened)


class Manager:
    def __init__(self, swallow=False):
        self.swallow = swallow

    def __enter__(self):
        happened.append("enter")
        return self

    def __exit__(self, kind, error, tb):
        happened.append(kind.__name__ if kind else "exit")
        return self.swallow


@contextlib.contextmanager
def manager():
    happened.append("begin")
    try:
        yield 5
    finally:
        happened.append("end")


# -------- functions


def adder(n):
    return lambda x: x + n


def compose(f, g):
    return lambda x: f(g(x))


def partial_power(n):
    return functools.partial(pow, n)


def same(f, g):
    return f is g


def counter():
    count = 0

    def step():
        nonlocal count
        count += 1
        return count

    return step


class Shape:
    pass


def kinds():
    return Shape, int


def functions():
    return {"add": adder(1), "list": [adder(2)]}

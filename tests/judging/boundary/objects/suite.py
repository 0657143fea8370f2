"""Objects that stay in the sandbox behave in a suite as they would in a call."""

import math
from copy import deepcopy
from itertools import islice

import pytest
import torch
from submission import (
    Box,
    Config,
    Count,
    Counter,
    Manager,
    Point,
    Shape,
    Thing,
    Value,
    adder,
    batches,
    compose,
    count_things,
    counter,
    echo,
    events,
    failing,
    functions,
    kinds,
    make_box,
    manager,
    mapped,
    numbers,
    numbers_so_far,
    partial_power,
    returns,
    same,
    width_of,
)

# -------- an object and its state


def test_an_object_keeps_its_state_between_calls():
    """Methods and attributes reach the object, and a method that returns it returns this very object."""
    box = Box(1, 2, limit=5)
    assert box.put(3) is box
    assert len(box) == box.size == 3
    assert box.items == [1, 2, 3]
    assert box.limit == 5
    assert box(2) == 10
    box.limit = 7
    assert box(1) == 7


def test_an_object_is_indexed():
    """Indices, slices, assignment, deletion, iteration and `in` reach the object."""
    box = Box(1, 2, 3)
    assert (box[0], box[-1], box[1:], list(box)) == (1, 3, [2, 3], [1, 2, 3])
    assert 2 in box
    assert 9 not in box
    box[0] = "a"
    del box[1]
    assert [*box] == ["a", 3]
    first, second = Box(1, 2)
    assert (first, second) == (1, 2)
    with pytest.raises(IndexError):
        box[99]


def test_an_object_has_text_and_truth():
    """repr, str, format and bool are the object's own."""
    box = Box("a", 3)
    assert repr(box) == str(box) == f"{box}" == "Box['a', 3]"
    assert bool(box)
    assert not Box()


def test_an_attribute_can_be_deleted():
    """An attribute that is deleted, or was never there, is an AttributeError and no `hasattr`."""
    box = Box()
    assert hasattr(box, "limit")
    del box.limit
    assert not hasattr(box, "limit")
    assert hasattr(box, "items")
    with pytest.raises(AttributeError, match="limit"):
        _ = box.limit


def test_what_an_object_does_not_support_is_a_type_error():
    """An operator that a class does not define raises TypeError."""
    box = Box()
    with pytest.raises(TypeError):
        box + 1


def test_a_class_has_its_members():
    """Class methods, static methods, attributes and the name of a class can be used."""
    assert len(Box.of(3)) == 3
    assert Box.answer() == 42
    assert (Box.kind, Box.__name__) == ("box", "Box")


def test_an_object_is_an_instance_of_its_class():
    """isinstance knows what a suite makes of a class, what a submission makes, and what is neither."""
    assert isinstance(Box(), Box)
    assert isinstance(make_box(), Box)
    assert not isinstance(3, Box)


def test_an_object_is_copied_deeply():
    """deepcopy gives another object of the class, which goes its own way."""
    box = Box(1, 2)
    twin = deepcopy(box)
    twin.put(4)
    assert (len(twin), len(box)) == (3, 2)
    assert twin is not box
    assert isinstance(twin, Box)


def test_an_object_is_hashed_and_compared_by_identity():
    """An object without `__eq__` is a key, is in a list, and is no other object."""
    box = Box(1)
    assert {box: 1}[box] == 1
    assert box in [box]
    assert box is not make_box()


def test_objects_are_let_go():
    """An object that the suite drops is freed in the sandbox, so that long suites stay small."""
    things = [Thing() for _ in range(50)]
    assert count_things() == 50
    del things[10:]
    count_things()  # tells the sandbox what was dropped
    assert count_things() <= 11


@pytest.fixture(scope="module")
def shared():
    return Counter()


def test_a_fixture_holds_an_object(shared):
    """What a fixture of the module holds is used by a first check …"""
    assert shared.step() == 1


def test_an_object_of_another_check_still_works(shared):
    """… and by the next, with the state that the first left."""
    assert shared.step() == 2


# -------- records as objects


def test_a_dataclass_made_by_the_suite_is_an_object():
    """An entry-point class that is a dataclass gives an object whose methods and fields work."""
    config = Config(width=4)
    assert config.width == 4
    assert config.double().width == 8
    assert width_of(config) == 4
    assert config == Config(4)
    config.names.append("a")
    assert config.names == ["a"]
    assert isinstance(config, Config)
    config.width = 5
    assert width_of(config) == 5


def test_a_named_tuple_made_by_the_suite_is_an_object():
    """An entry-point class that is a named tuple gives an object whose methods and fields work."""
    point = Point(1, 2)
    assert point.x == 1
    assert point.norm() == 3
    assert isinstance(point, Point)


# -------- operators


def test_a_value_class_computes():
    """Operators, also with the suite's numbers on the left, compute and differentiate as torch does."""
    a, b = Value(2.0), Value(-3.0)
    c = a * b + 10.0
    d = (2 * a - 1 + c**2) / b
    d = 1 - d + sum([a, b])
    d.backward()
    x = torch.tensor(2.0, requires_grad=True, dtype=torch.float64)
    y = torch.tensor(-3.0, requires_grad=True, dtype=torch.float64)
    z = 1 - (2 * x - 1 + (x * y + 10) ** 2) / y + x + y
    z.backward()
    assert math.isclose(d.data, z.item())
    assert math.isclose(a.grad, x.grad.item())
    assert math.isclose(b.grad, y.grad.item())


def test_operators_give_objects_of_their_class():
    """What operators return is of the class of their operands, also in place."""
    a = Value(2.0)
    assert isinstance(1 - 2 * a, Value)
    a += 1
    assert a.data == 3.0
    assert isinstance(a, Value)


def test_a_value_class_compares():
    """==, !=, <, >, max and min use what the class defines."""
    a, b = Value(2.0), Value(-3.0)
    assert Value(1.0) == Value(1.0)
    assert Value(1.0) != Value(2.0)
    assert a != 2.0
    assert b < a
    assert a > b
    assert max(a, b) is a
    assert min([a, b], key=lambda v: v.data) is b


# -------- iterators


def test_iterators_are_lazy():
    """A generator runs only as far as it is asked."""
    before = numbers_so_far()
    assert list(islice(numbers(), 3)) == [0, 1, 2]
    assert numbers_so_far()[len(before) :] == [0, 1, 2]
    for n, value in zip(range(2), numbers(), strict=False):
        assert n == value


def test_an_iterator_keeps_its_place():
    """next() goes on where it stopped, and iter() of an iterator is at the same place."""
    it = numbers()
    assert (next(it), next(it)) == (0, 1)
    assert next(iter(it)) == 2


def test_a_generator_yields_tensors_and_ends():
    """A generator of batches ends once for all."""
    x = torch.arange(10)
    assert [len(batch) for batch in batches(x, 4)] == [4, 4, 2]
    assert torch.equal(torch.cat(list(batches(x, 3))), x)
    once = batches(x, 5)
    assert len(list(once)) == 2
    assert list(once) == []
    assert next(once, None) is None
    assert list(returns()) == [1]


def test_builtin_iterators_are_iterated():
    """map, zip, enumerate, range and the items of a dict are iterated, in their order."""
    squares, pairs, places, three, items = map(list, mapped(4))
    assert squares == [0, 1, 4, 9]
    assert pairs == [("a", 1), ("b", 2)]
    assert places == [(0, "x"), (1, "y")]
    assert three == [0, 1, 2]
    assert items == [("k", 1)]


def test_a_generator_is_sent_to_and_closed():
    """send() and close() reach a generator."""
    talk = echo()
    assert next(talk) == "ready"
    assert talk.send(4) == 8
    talk.close()


def test_a_generator_that_fails_raises_when_it_gets_there():
    """An exception after the first item comes with the second."""
    fails = failing()
    assert next(fails) == 1
    with pytest.raises(ValueError, match="after one"):
        next(fails)


def test_a_class_is_an_iterator():
    """A class with `__next__` is iterated until it raises StopIteration."""
    assert list(Count(3)) == [2, 1, 0]


# -------- context managers


def test_context_managers_enter_and_leave():
    """`with` enters and leaves a class and a generator, and gives what they give."""
    before = len(events())
    with Manager() as m:
        assert isinstance(m, Manager)
    with manager() as five:
        assert five == 5
    assert events()[before:] == ["enter", "exit", "begin", "end"]


def test_a_context_manager_sees_the_exception():
    """A manager is told of the exception that leaves its block, and may swallow it."""
    before = len(events())
    with Manager(swallow=True):
        raise ValueError("swallowed")
    with pytest.raises(KeyError), Manager():
        raise KeyError("kept")
    assert events()[before:] == ["enter", "ValueError", "enter", "KeyError"]


# -------- functions


def test_closures_are_called_and_go_back_as_themselves():
    """A function that a submission returns is called where it lives, and goes back as itself."""
    add = adder(2)
    assert callable(add)
    assert add(3) == 5
    assert same(add, add)
    assert not same(add, adder(2))
    assert compose(add, adder(10))(1) == 13
    assert compose(adder, adder) is not None
    assert compose(lambda x: -x, add)(1) == -3


def test_closures_have_state_of_their_own():
    """Two closures count apart."""
    one, two = counter(), counter()
    assert (one(), one(), two(), one()) == (1, 2, 1, 3)


def test_functions_come_in_containers_and_partials():
    """Functions in dicts and lists and functools.partial are called."""
    assert partial_power(2)(5) == 32
    table = functions()
    assert table["add"](1) == 2
    assert table["list"][0](1) == 3


def test_classes_are_returned():
    """A class that a submission returns makes instances of it."""
    shape, _ = kinds()
    assert isinstance(shape(), Shape)


def test_a_closure_keeps_its_graph():
    """A tensor that a closure holds is differentiated through it."""
    x = torch.ones(2, requires_grad=True)
    adder(x)(x).sum().backward()
    assert torch.equal(x.grad, torch.full((2,), 2.0))

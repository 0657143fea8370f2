"""Plain values cross both ways and come back as what they were."""

import math
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
import torch
from submission import (
    arrays,
    copy,
    cycle,
    deep,
    deeper_than_allowed,
    drawn,
    echo,
    fill,
    keep_arrays,
    large_integer,
    layout,
    long_list,
    many_objects,
    many_tensor_bytes,
    mappings,
    mean,
    meta_tensor,
    object_array,
    odd,
    of_17_dimensions,
    of_float8,
    pair,
    read,
    results,
    sparse,
    subclass,
    text_of,
    text_of_2_mib,
    top,
    wide_set,
)

from ml_katas.testing import assert_close

DTYPES = [
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
    *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
]
PLAIN = [
    *(None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, -(10**200)),
    *(1.5, 1e-320, math.inf, -math.inf, 2j, complex(1.5, -0.0)),
    *("", "naïve — 🙂 \x00 \u2028", b"", bytes(range(256))),
    *([], (), {}, set(), frozenset(), [1, [2, [3]]], (1, (2,), [3]), {1, "a", (2, 3)}),
    *({1: "a", "b": (2,), (3, 4): {5: 6}, None: 0, 1.5: 1}, frozenset({1, 2})),
    *(torch.Size([2, 3]), torch.Size([]), slice(1, None, 2), ..., torch.float32, torch.bool),
    torch.device("cpu"),
]


class Pair(NamedTuple):
    left: int
    right: int


@dataclass
class Config:
    width: int


def bits(x):
    return bytes(x.reshape(-1).view(torch.uint8).numpy()) if x.numel() else b""


# -------- both ways


@pytest.mark.parametrize("through", [echo, copy])
def test_plain_values_come_back_as_they_went(through):
    """None, numbers, text, bytes, containers, slices, dtypes and devices come back, type included."""
    for value in PLAIN:
        back = through(value)
        assert type(back) is type(value), f"{value!r} came back as {back!r}"
        assert back == value, f"{value!r} came back as {back!r}"


def test_plain_values_arrive_as_they_are():
    """None, numbers, text, bytes, containers, slices, dtypes and devices arrive, type included."""
    for value in PLAIN:
        assert text_of(value) == f"{type(value).__name__} {value!r}"


def test_signs_and_nan_are_kept():
    """NaN comes back as NaN, and a zero with its sign, also in a complex number."""
    assert math.isnan(echo(math.nan))
    assert math.copysign(1, echo(-0.0)) == -1
    assert math.copysign(1, echo(complex(0.0, -0.0)).imag) == -1


def test_dicts_keep_their_order():
    """A dict comes back with its keys in their order."""
    assert list(echo({"b": 1, "a": 2})) == ["b", "a"]


def test_a_function_of_the_submission_goes_back_and_forth():
    """What a suite imports from the submission may be an argument and a result."""
    assert echo(echo) is not None


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_tensors_of_all_dtypes_come_back_bit_for_bit(shape):
    """Every one of the twelve dtypes keeps its bytes, also where the tensor is empty or a single number."""
    for dtype in DTYPES:
        x = (100 * torch.randn(shape)).to(torch.int8).to(dtype)
        if dtype.is_floating_point and x.numel():
            x.view(-1)[0] = math.nan
            x.view(-1)[-1] = -0.0
        back = echo(x.clone())
        assert (back.dtype, back.shape) == (dtype, x.shape)
        assert bits(back) == bits(x), dtype
        assert text_of(x).startswith("Tensor tensor(")


def test_an_argument_keeps_its_strides():
    """A transposed, expanded, sliced or permuted argument arrives with the strides it has in the suite."""
    base = torch.arange(24.0).reshape(2, 3, 4)
    expanded = torch.arange(3.0).expand(2, 3), torch.ones(1, 1).expand(4, 5)
    for x in (base, base.transpose(0, 2), base.permute(1, 0, 2), base.mT, *expanded):
        assert layout(x) == (tuple(x.shape), x.stride(), x.is_contiguous(), x.sum())
    part = base[:, ::2, 1:]
    assert layout(part)[0::3] == ((2, 2, 3), part.sum())


def test_odd_tensors_of_a_submission_come_back_resolved():
    """Conjugate, negative-bit, expanded and transposed results are plain tensors with the right values."""
    x = torch.tensor([1 + 2j, 3 - 4j, 5j])
    expected = x.conj(), -x.imag, x.real.expand(2, 3), x.imag[::2], torch.view_as_real(x).mT
    for back, value in zip(odd(x), expected, strict=True):
        assert torch.equal(back, value)
        assert not back.is_conj()
        assert not back.is_neg()


def test_a_thousand_tensors_cross_at_once():
    """A tuple of a thousand tensors is one value like any other."""
    many = tuple(torch.full((n % 5,), n) for n in range(1000))
    back = echo(many)
    assert len(back) == 1000
    assert all(torch.equal(a, b) for a, b in zip(back, many, strict=True))


# -------- NumPy


def test_arrays_and_scalars_become_tensors():
    """NumPy arrays and scalars of a submission are tensors in the suite, with their dtype and shape."""
    reversed_rows, *scalars = arrays()
    assert torch.equal(reversed_rows, torch.tensor([[2.0, 1, 0], [5, 4, 3]], dtype=torch.float64))
    assert [(x.item(), x.dtype) for x in scalars] == [
        (1.5, torch.float32),
        (3, torch.int64),
        (True, torch.bool),
        (2, torch.int64),
    ]


def test_an_array_is_an_argument():
    """A NumPy array of a suite arrives as one, and a list of numbers can be made one."""
    assert mean(np.array([1.0, 2.0])).item() == 1.5
    assert mean([1.0, 4.0]).item() == 2.5


def test_an_array_is_shared():
    """An array that a submission changes in place is changed in the suite, and goes on being an array."""
    mine = np.array([1.0, 2.0])
    fill(mine)
    assert mine.tolist() == [7, 2]
    assert mean(mine).item() == 4.5


def test_arrays_in_a_shared_container_become_tensors():
    """What a submission puts into a dict of the suite comes as tensors and text and stays one object."""
    table = {}
    assert keep_arrays(table) is not None
    first = table["array"]
    assert first.tolist() == [0, 0]
    assert table["text"] == "a"
    assert echo(1) == 1
    assert table["array"] is first
    assert table["scalar"].dtype == torch.float32


def test_an_array_of_objects_stays_there():
    """An array of Python objects is no tensor; its items can be asked for."""
    assert object_array()[1] == "x"


# -------- records


def test_a_named_tuple_keeps_its_names():
    """A submission's named tuple is a tuple with its names."""
    both = pair()
    left, right = both
    assert isinstance(both, tuple)
    assert both.right == right == both[1] == 3
    assert torch.equal(both.left, torch.ones(2))
    assert left is both.left


def test_dataclasses_come_with_their_fields():
    """A submission's dataclasses, in a list, have their fields."""
    first, second = results()
    assert torch.equal(first.loss, torch.zeros(1))
    assert (first.names, second.names) == (["a"], [])


def test_torchs_own_return_types_keep_their_names():
    """What `topk` returns has `values` and `indices`."""
    found = top(torch.tensor([3.0, 1.0, 2.0]))
    assert torch.equal(found.values, torch.tensor([3.0, 2.0]))
    assert torch.equal(found.indices, found[1])


def test_mappings_of_any_kind_are_equal_to_dicts():
    """Ordered, defaulting, counting and nested mappings of a submission hold what they hold there."""
    ordered, counted, letters, nested = mappings()
    assert list(ordered.items()) == [("b", 1), ("a", 2)]
    assert counted == {"a": [1]}
    assert letters == {"a": 2, "b": 1}
    assert torch.equal(nested["deep"][0]["x"][0], torch.ones(1))


def test_records_of_a_suite_arrive_as_records():
    """A suite's named tuples, dataclasses and dictionaries of any kind can be read in the submission."""
    got = read(Pair(1, 2), Config(3), OrderedDict(b=1, a=2), Counter("aab"))
    assert got == (6, ["b", "a"], 2, "dict")


def test_a_meta_tensor_crosses_without_values():
    """A tensor on the meta device keeps shape, dtype and device, in both directions and as a parameter."""
    made = meta_tensor()
    assert (made.is_meta, made.shape, made.dtype) == (True, (2,), torch.float32)
    given = torch.empty(2, 3, device="meta", dtype=torch.float64)
    assert echo(given).device.type == "meta"
    assert echo(given).shape == (2, 3)
    with pytest.raises(AssertionError, match="is on meta; expected cpu"):
        assert_close(made, torch.ones(2).double())


def test_a_generator_crosses_as_it_stands():
    """A generator draws there what it would have drawn here, and stays as it was here."""
    generator = torch.Generator().manual_seed(5)
    torch.rand(7, generator=generator)
    state = generator.get_state()
    there = [drawn(generator) for _ in range(2)]
    assert generator.get_state().equal(state)
    here = torch.rand(3, generator=generator)
    assert all(tensor.equal(here) for tensor in there)


# -------- what does not cross


def test_a_sparse_tensor_does_not_cross():
    """A sparse result fails the check."""
    # expect: failed: your code made a sparse, quantised or nested tensor; a dense one is needed
    sparse()


def test_a_tensor_of_another_dtype_does_not_cross():
    """A result of a dtype beyond the twelve fails the check, which names it."""
    # expect: failed: your code made a tensor of dtype torch.float8_e4m3fn, which does not cross
    of_float8()


def test_a_tensor_of_17_dimensions_does_not_cross():
    """A result of too many dimensions fails the check."""
    # expect: failed: your code made a tensor of 17 dimensions; at most 16 cross
    of_17_dimensions()


def test_a_tensor_subclass_does_not_cross():
    """A result that is a tensor of a class of its own fails the check, which names the class."""
    # expect: failed: your code made a tensor subclass, Odd; a plain tensor is needed
    subclass()


def test_300_mib_of_tensors_do_not_cross():
    """Tensors beyond the limit fail the check, which says how large they are."""
    # expect: failed: your code made 300 MiB of tensors; the limit is 256 MiB
    many_tensor_bytes()


def test_a_list_of_30000_items_does_not_cross():
    """A long list fails the check, which says what to use instead."""
    # expect: failed: your code made a list of 30000 items; use tensors
    long_list()


def test_a_set_of_3000_items_does_not_cross():
    """A large set fails the check, which says what to use instead."""
    # expect: failed: your code made a set of more than 2000 items; use tensors
    wide_set()


def test_many_objects_do_not_cross():
    """Lists that are short enough one by one fail the check where they are too many together."""
    # expect: failed: your code made more than 20000 Python objects; use tensors
    many_objects()


def test_a_megabyte_of_text_does_not_cross():
    """Objects that are few and large fail the check."""
    # expect: failed: your code made more than 1 MiB of Python objects; pass tensors
    text_of_2_mib()


def test_an_integer_of_10000_bits_does_not_cross():
    """A huge integer fails the check."""
    # expect: failed: your code made an integer of more than 8,000 bits
    large_integer()


def test_60_levels_do_not_cross():
    """Lists that are nested too deep fail the check; 30 levels are fine."""
    # expect: failed: your code made containers nested more than 40 deep
    assert deep(30) == echo(deep(30))
    deeper_than_allowed()


def test_a_cyclic_list_does_not_cross():
    """A list that holds itself fails the check."""
    # expect: failed: your code made containers nested more than 40 deep
    cycle()


def test_what_a_suite_cannot_send_is_the_authors_error():
    """An argument that is neither plain data nor callable makes the kata broken, not the submission wrong."""
    # expect: broken: the suite failed before it called your code: CannotCross: the suite passes
    # a object to the submission, which cannot cross
    echo(object())

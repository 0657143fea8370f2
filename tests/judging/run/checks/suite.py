"""What a suite may do: parameters, fixtures, order, seeds, many calls."""

import random

import pytest
import torch
from submission import draw, look, numbers, one, own, reseed, scale, square, two

from ml_katas.testing import after, rng_unchanged, seeded

# -------- instances of one check fold into it


@pytest.mark.parametrize("x", [1, 2, 3, 4])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_check_passes_when_all_its_instances_do(x, sign):
    """A check whose instances fail in part is a failed one, with the message of the first failure."""
    # expect: failed: 3
    assert square(sign * x) == x * x, f"{sign * x}"


@pytest.mark.parametrize("x", [0, 1])
def test_instances_that_all_pass(x):
    """A check whose instances all pass is a passed one."""
    assert square(x) == x


# -------- a check waits for a coarser one


def test_a_coarser_check():
    """It is one"""
    # expect: failed: not one
    assert two() == 1, "not one"


@after("test_a_coarser_check")
def test_a_finer_check():
    """It is fine"""
    # expect: not_run: waits for 'It is one'


@after("test_a_finer_check")
def test_the_finest_check():
    """It waits for what waits."""
    # expect: not_run: waits for 'It is fine'


def test_a_check_that_waits_for_nothing():
    """A check runs after others have failed."""
    assert isinstance(one(), int)


# -------- fixtures

calls = []


@pytest.fixture(scope="module")
def answer():
    calls.append(1)
    return one()


@pytest.fixture(autouse=True)
def _around(monkeypatch):
    monkeypatch.setenv("X", "1")


@pytest.mark.parametrize("n", [1, 2])
def test_a_fixture_of_the_module_is_made_once(answer, n):
    """A fixture of the module calls the submission once for all instances."""
    assert (answer, len(calls)) == (1, 1)


def test_fixtures_of_pytest_work(request, tmp_path):
    """request and tmp_path are pytest's, and approx compares what a submission returns."""
    assert one() == pytest.approx(1.0)
    assert request.node.name == "test_fixtures_of_pytest_work"
    assert list(tmp_path.iterdir()) == []


# -------- random numbers


def test_both_sides_can_be_seeded():
    """`seeded` gives a submission and the suite the same numbers each time, each side its own."""
    with seeded(3):
        mine, yours = torch.rand(2), draw(2)
    with seeded(3):
        assert torch.equal(torch.rand(2), mine)
        assert torch.equal(draw(2), yours)
    with seeded(4):
        assert not torch.equal(draw(2), yours)
    assert not torch.equal(mine, yours)


def test_a_submission_cannot_seed_the_suite():
    """manual_seed in a submission leaves the generators of the suite alone."""
    before, python = torch.get_rng_state(), random.getstate()
    reseed()
    assert torch.equal(before, torch.get_rng_state())
    assert python == random.getstate()


def test_a_generator_of_its_own_is_no_draw():
    """`rng_unchanged` passes a submission that draws from a generator of its own."""
    with rng_unchanged():
        own(2)


def test_a_draw_is_seen():
    """`rng_unchanged` fails where a submission draws from the global generator."""
    # expect: failed: your code changes the state of the global random generator
    with rng_unchanged():
        draw(1)


def test_all_generators_of_a_submission_are_seeded():
    """Python's, NumPy's and torch's numbers differ from each other and from the suite's."""
    mine = torch.rand(()).item(), random.random()
    assert len({*mine, *numbers()}) == 5


# -------- what a submission reaches


def test_nothing_of_a_kata_can_be_imported():
    """suite.py, solution.py and pytest's session are out of a submission's reach."""
    assert look() == []


def test_a_long_check_stays_in_step():
    """Six hundred calls with tensors, lists and gradients agree on what is shared."""
    factors = []
    for n in range(1, 301):
        x = torch.ones(3, requires_grad=True)
        scale(x, factors).sum().backward()
        assert x.grad[0] == n == len(factors)

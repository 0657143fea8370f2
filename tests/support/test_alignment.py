"""Two programs are laid beside each other by their code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml_katas.support.alignment import aligned, code_of

YOURS = """\
import torch

def gate(x, network, k):
    logits = network(x)
    # select
    values, indices = logits.topk(k, dim=-1)
    return values.softmax(dim=-1), indices
"""
THEIRS = """\
import torch

def gate(x, network, k):  # the gate
    '''Return weights and indices.'''
    # One score per expert.
    logits = network(x.flatten(0, 1))

    kept, indices = torch.topk(logits, k, dim=-1)
    return torch.softmax(kept, dim=-1), indices
"""


def test_lines_with_the_same_task_stand_together() -> None:
    """Comments, blank lines and other names do not keep apart what does the same."""
    yours, theirs = YOURS.splitlines(), THEIRS.splitlines()
    pairs = {(yours[a], theirs[b]) for a, b in aligned(yours, theirs) if a is not None and b is not None}
    assert {
        ("def gate(x, network, k):", "def gate(x, network, k):  # the gate"),
        ("    logits = network(x)", "    logits = network(x.flatten(0, 1))"),
        (
            "    values, indices = logits.topk(k, dim=-1)",
            "    kept, indices = torch.topk(logits, k, dim=-1)",
        ),
    } <= pairs


@given(
    st.lists(st.text("ab #'\" ", max_size=6), max_size=8), st.lists(st.text("ab #", max_size=6), max_size=8)
)
def test_every_line_stands_once_and_in_order(yours: list[str], theirs: list[str]) -> None:
    """Whatever the lines are, each side comes out whole and in its order."""
    pairs = list(aligned(yours, theirs))
    assert [a for a, _ in pairs if a is not None] == list(range(len(yours)))
    assert [b for _, b in pairs if b is not None] == list(range(len(theirs)))
    assert (None, None) not in pairs


def test_a_comment_is_no_code() -> None:
    """What follows a # is left out, unless the # stands in a string."""
    assert code_of("x = 1  # one") == "x = 1"
    assert code_of("x = '#'  # one") == "x = '#'"
    assert code_of("    # all of it") == ""

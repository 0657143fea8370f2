"""The judge's side of the channel survives whatever comes in."""

from __future__ import annotations

import pytest
import torch

from tests.judging.boundary.fuzz import fuzz

FRAMES = 10_000  # `python -m tests.judging.boundary.fuzz` goes on for as long as one likes


@pytest.mark.adversarial
def test_mutated_frames_end_as_values_or_as_corrupted() -> None:
    """Ten thousand mutated frames raise nothing but what the judge has a sentence for."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        ends = fuzz(20_250_101, lambda number: number < FRAMES)
    finally:
        torch.set_num_threads(threads)
    assert ends.total() == FRAMES
    assert min(ends[way] for way in ("a value", "Corrupted", "BadValue", "RemoteError")) > FRAMES / 1000

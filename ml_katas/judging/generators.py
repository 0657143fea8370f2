"""Seeding of every global generator of a process."""

from __future__ import annotations

import random

import numpy as np
import torch


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generator; *seed* is below 2**63.

    Not `torch.manual_seed`: for CUDA's sake it formats a stack trace each time, two milliseconds long.
    """
    random.seed(seed)
    np.random.seed(seed % (1 << 32))
    torch.default_generator.manual_seed(seed)

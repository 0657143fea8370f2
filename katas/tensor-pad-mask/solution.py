"""Sequences of different length in one tensor, with a mask of what is real.

B is the number of sequences, T the length of the longest.
"""

import torch


def pad_batch(seqs: list[torch.Tensor], pad: float, side: str = "right") -> tuple[torch.Tensor, torch.Tensor]:
    """Return the padded ids (B, T) and the mask (B, T), True at real tokens."""
    if side not in ("right", "left"):
        raise ValueError(f"the side is 'right' or 'left', not {side!r}")

    longest = max(len(seq) for seq in seqs)
    ids = torch.full((len(seqs), longest), pad, dtype=seqs[0].dtype)
    mask = torch.zeros(ids.shape, dtype=torch.bool)

    for row, seq in enumerate(seqs):
        start = 0 if side == "right" else longest - len(seq)
        ids[row, start : start + len(seq)] = seq
        mask[row, start : start + len(seq)] = True
    return ids, mask

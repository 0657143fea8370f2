"""All-reduce on a ring: chunks travel round once to be summed, and once more to be known to all.

Patarasuk & Yuan 2009. P ranks, N numbers; each rank sends 2 (P - 1) chunks of about N / P numbers.
"""

from collections.abc import Callable

import torch


def ring_all_reduce(
    bufs: list[torch.Tensor], send: Callable[[list[torch.Tensor]], list[torch.Tensor]]
) -> list[torch.Tensor]:
    """Return the sum (N,) of all buffers, on each of P ranks."""
    ranks = len(bufs)
    chunks = [list(buf.tensor_split(ranks)) for buf in bufs]
    for step in range(ranks - 1):  # reduce-scatter
        received = send([chunks[r][(r - step) % ranks] for r in range(ranks)])
        for r in range(ranks):
            place = (r - 1 - step) % ranks
            chunks[r][place] = chunks[r][place] + received[r]
    for step in range(ranks - 1):  # all-gather: chunk r + 1 is complete on rank r
        received = send([chunks[r][(r + 1 - step) % ranks] for r in range(ranks)])
        for r in range(ranks):
            chunks[r][(r - step) % ranks] = received[r]
    return [torch.cat(own) for own in chunks]

"""Expert parallelism: tokens travel to the ranks of their experts and results travel back.

    y_t = sum_j w_tj E_{idx_tj}(x_t)      with expert e on rank e // n

Lepikhin et al. 2020, section 3.1. R ranks are simulated as lists. T_r is the number of tokens of rank r, k
that of the experts of each, D the width, n the number of experts on each rank.
"""

from collections.abc import Callable, Sequence

import torch

Expert = Callable[[torch.Tensor], torch.Tensor]
AllToAll = Callable[[list[list[torch.Tensor]]], list[list[torch.Tensor]]]


def ep_forward(
    xs: Sequence[torch.Tensor],
    idx: Sequence[torch.Tensor],
    weights: Sequence[torch.Tensor],
    experts: Sequence[Sequence[Expert]],
    all_to_all: AllToAll,
) -> list[torch.Tensor]:
    """Return the outputs (T_r, D) of each rank."""
    ranks, local = len(xs), len(experts[0])

    # Sorted by expert, the choices are sorted by rank as well: a piece for each rank is a slice.
    orders = [chosen.reshape(-1).argsort(stable=True) for chosen in idx]  # each (T_r*k,)
    sorted_experts = [chosen.reshape(-1)[order] for chosen, order in zip(idx, orders, strict=True)]
    splits = [torch.bincount(e // local, minlength=ranks).tolist() for e in sorted_experts]
    rows = [x[order // chosen.shape[1]] for x, order, chosen in zip(xs, orders, idx, strict=True)]

    # The rows travel, and with them which expert each is for.
    arrived = all_to_all([list(r.split(s)) for r, s in zip(rows, splits, strict=True)])
    wanted = all_to_all([list(e.split(s)) for e, s in zip(sorted_experts, splits, strict=True)])

    # Every rank runs its experts; the results go back in pieces as large as the rows came.
    answers = []
    for rank in range(ranks):
        results = _run(torch.cat(arrived[rank]), torch.cat(wanted[rank]) - rank * local, experts[rank])
        answers.append(list(results.split([len(piece) for piece in arrived[rank]])))
    returned = all_to_all(answers)

    return [
        _combine(torch.cat(pieces), order, w)
        for pieces, order, w in zip(returned, orders, weights, strict=True)
    ]


def _run(rows: torch.Tensor, numbers: torch.Tensor, experts: Sequence[Expert]) -> torch.Tensor:
    """Return each row's answer by the expert with its number, every expert called once: (m, D) -> (m, D)."""
    results = torch.zeros_like(rows)
    for number, expert in enumerate(experts):
        mine = (numbers == number).nonzero().squeeze(1)
        if len(mine):
            results = results.index_copy(0, mine, expert(rows[mine]))
    return results


def _combine(results: torch.Tensor, order: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the weighted sum (T_r, D) of each token's results, which stand in this order of choices."""
    tokens, k = weights.shape
    weighed = results * weights.reshape(-1)[order].unsqueeze(1)
    return results.new_zeros(tokens, results.shape[1]).index_add(0, order // k, weighed)

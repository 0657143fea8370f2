"""Beam search: the best few beginnings of a text are kept, and the best text of all that ended.

    score = sum of log-probabilities / length^alpha

N hypotheses live, V is the size of the vocabulary. Sutskever et al. 2014; Wu et al. 2016.
"""

from collections.abc import Callable

import torch


def beam_search(
    step: Callable[[torch.Tensor], torch.Tensor],
    bos: int,
    eos: int,
    beam: int,
    max_len: int,
    length_penalty: float = 0.0,
) -> tuple[list[int], float]:
    """Return the tokens of the best hypothesis, without bos, and its score."""
    live, sums = torch.tensor([[bos]]), torch.zeros(1)  # (N, T), (N,)
    best, best_score = [], -torch.inf
    for length in range(1, max_len + 1):
        extended = sums.unsqueeze(1) + step(live)  # (N, V)
        vocabulary = extended.shape[1]

        parent = extended[:, eos].argmax()
        score = extended[parent, eos].item() / length**length_penalty
        if score > best_score:
            best, best_score = [*live[parent, 1:].tolist(), eos], score

        extended = extended.index_fill(1, torch.tensor([eos]), -torch.inf)
        sums, places = extended.flatten().topk(min(beam, extended.numel()))
        live = torch.cat([live[places // vocabulary], (places % vocabulary).unsqueeze(1)], dim=1)

    score = sums[0].item() / max_len**length_penalty  # the best that did not end
    return (live[0, 1:].tolist(), score) if score > best_score else (best, best_score)

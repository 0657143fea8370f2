"""Sequence log-probabilities: how probable a response is, given its prompt.

    log p = sum_t m_t log softmax(z_{t-1})[x_t]

B is the number of sequences, T their length, V the size of the vocabulary.
"""

import torch


def sequence_logprobs(
    logits: torch.Tensor, tokens: torch.Tensor, response_mask: torch.Tensor
) -> torch.Tensor:
    """Return the log-probability (B,) of the response tokens of each sequence."""
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()

    # The logits at t - 1 predict the token at t; the mask stands at the token.
    predicting, predicted, counts = logits[:, :-1], tokens[:, 1:], response_mask[:, 1:]

    # What does not count is made harmless before any arithmetic, so that no NaN gets into a gradient.
    predicting = torch.where(counts.unsqueeze(2), predicting, torch.zeros_like(predicting))
    logprobs = torch.log_softmax(predicting, dim=2)  # (B, T-1, V)
    per_token = logprobs.gather(2, predicted.unsqueeze(2)).squeeze(2)  # (B, T-1)
    return torch.where(counts, per_token, torch.zeros_like(per_token)).sum(dim=1)

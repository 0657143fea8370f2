import torch
from torch.nn import functional


def sequence_logprobs(logits, tokens, response_mask):
    wide = logits if logits.dtype == torch.float64 else logits.float()
    batch, length, words = wide.shape
    targets = tokens.masked_fill(~response_mask, -100)[:, 1:]
    flat = wide[:, :-1].masked_fill((targets == -100).unsqueeze(-1), 0.0).reshape(-1, words)
    losses = functional.cross_entropy(flat, targets.reshape(-1), reduction="none", ignore_index=-100)
    return -losses.view(batch, length - 1).sum(dim=1)

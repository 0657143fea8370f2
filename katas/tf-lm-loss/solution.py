"""The loss of a language model: mean negative log-probability of the tokens that are to be predicted.

    L = - sum m_bt log softmax(z_b,t-1)[x_bt] / sum m_bt      Radford et al. 2018, equation 1

B is the number of sequences, T their length, V the size of the vocabulary.
"""

import torch


def lm_loss(logits: torch.Tensor, tokens: torch.Tensor, loss_mask: torch.Tensor) -> torch.Tensor:
    """Return the token mean of the loss of logits (B, T, V) on the marked tokens (B, T)."""
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()

    # Logits predict the next token; the mask stands at the token that is predicted.
    predicting, predicted, counts = logits[:, :-1], tokens[:, 1:], loss_mask[:, 1:]

    logprobs = torch.log_softmax(predicting, dim=2)  # (B, T-1, V)
    losses = -logprobs.gather(2, predicted.unsqueeze(2)).squeeze(2)  # (B, T-1)

    # One mean over all counted tokens of the batch.
    return (losses * counts).sum() / counts.sum().clamp(min=1)

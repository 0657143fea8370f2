import torch


def lm_loss(logits, tokens, loss_mask):
    rows, places = loss_mask[:, 1:].nonzero(as_tuple=True)
    z = logits[rows, places]
    z = z if z.dtype == torch.float64 else z.to(torch.float32)
    picked = z.gather(1, tokens[rows, places + 1, None])[:, 0]
    losses = z.logsumexp(dim=1) - picked
    return losses.mean() if len(losses) else losses.sum()

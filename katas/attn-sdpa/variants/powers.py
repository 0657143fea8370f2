import torch


def attention(q, k, v, mask=None):
    scores = torch.einsum("...ld,...sd->...ls", q * q.shape[-1] ** -0.5, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    powers = (scores - scores.detach().amax(dim=-1, keepdim=True)).exp()
    if mask is not None:
        powers = powers * mask
    total = powers.sum(dim=-1, keepdim=True)
    return powers @ v / torch.where(total == 0, 1.0, total)

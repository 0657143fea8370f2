import torch


def flash_attention(q, k, v, block=64, causal=False):
    length, s = q.shape[2], k.shape[2]
    rows = []
    for a in range(0, length, block):
        query = q[:, :, a : a + block]
        mean, lse = torch.zeros(()), None
        for c in range(0, s, block):
            key, value = k[:, :, c : c + block], v[:, :, c : c + block]
            score = query @ key.transpose(2, 3) * q.shape[-1] ** -0.5
            if causal:
                later = torch.ones(score.shape[2:], dtype=torch.bool).triu(a + s - length - c + 1)
                score = score.masked_fill(later, -1e30)
            top = score.logsumexp(-1, keepdim=True)
            own = torch.exp(score - top) @ value
            if lse is None:
                mean, lse = own, top
            else:
                both = torch.logaddexp(lse, top)
                mean, lse = mean * torch.exp(lse - both) + own * torch.exp(top - both), both
        rows.append(torch.where(lse < -1e29, 0.0, mean))
    return torch.cat(rows, 2)

import torch


def router_z_loss(logits, mask=None):
    rows = logits.reshape(-1, logits.shape[-1])
    if mask is not None:
        rows = rows.index_select(0, mask.reshape(-1).nonzero().squeeze(1))
    rows = rows.float() if rows.dtype != torch.float64 else rows
    if len(rows) == 0:
        return rows.sum()
    best = rows.argmax(dim=-1, keepdim=True)
    z = rows.gather(-1, best) - rows.log_softmax(dim=-1).gather(-1, best)
    return z.pow(2).mean()

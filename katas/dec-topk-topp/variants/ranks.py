import torch


def filter_logits(logits, temperature=1.0, top_k=0, top_p=1.0):
    if not temperature:
        best = logits.argmax(dim=1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(1, best, logits.gather(1, best))
    logits = logits / temperature
    order = logits.detach().sort(dim=-1, descending=True, stable=True).indices
    rank = order.argsort(dim=-1)
    if top_k > 0:
        logits = logits.masked_fill(rank >= top_k, -torch.inf)
    if top_p < 1.0:
        ranked = logits.detach().gather(1, order).softmax(-1)
        enough = ranked.cumsum(-1).roll(1, -1) >= top_p
        enough[:, 0] = False
        logits = logits.masked_fill(enough.gather(1, rank), -torch.inf)
    return logits

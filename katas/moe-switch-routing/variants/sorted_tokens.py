import math

import torch


def switch_layer(x, logits, experts, capacity_factor=1.25):
    capacity = math.ceil(capacity_factor * (len(x) / len(experts)))
    weight, choice = logits.log_softmax(dim=1).topk(1, dim=1)
    order = choice.squeeze(1).argsort(stable=True)
    counts = choice.squeeze(1).bincount(minlength=len(experts)).tolist()
    y, dropped = torch.zeros_like(x), torch.ones(len(x), dtype=torch.bool)
    for expert, rows in zip(experts, order.split(counts), strict=True):
        kept = rows[:capacity]
        dropped[kept] = False
        if len(kept) > 0:
            y = y.index_put((kept,), expert(x[kept]) * weight[kept].exp())
    return y, dropped

import math

import torch
from torch import nn


def expert_choice(x, w_gate, capacity_factor):
    s = nn.Softmax(dim=1)(torch.matmul(x, w_gate))
    t, e = s.shape
    c = math.floor(t * capacity_factor / e)
    c = t if c > t else c or 1
    picks = [column.topk(c, sorted=False) for column in s.unbind(dim=1)]
    return torch.stack([p.values for p in picks]), torch.stack([p.indices for p in picks])

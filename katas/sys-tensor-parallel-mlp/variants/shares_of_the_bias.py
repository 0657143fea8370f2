import math

import torch
from torch.nn.functional import linear


class Rank:
    def __init__(self, up, down, bias):
        self.up, self.down, self.bias = up, down, bias

    def part(self, x):
        h = linear(x, self.up)
        h = 0.5 * h * (1 + torch.erf(h / math.sqrt(2)))
        return linear(h, self.down, self.bias)


def tp_mlp(x, w1, w2, b2, all_reduce):
    ranks = [Rank(a, b, b2 / len(w1)) for a, b in zip(w1, w2, strict=True)]
    return all_reduce([rank.part(x) for rank in ranks])

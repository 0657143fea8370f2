# expect: failed
# threat: 8 — returns modules with the attributes of a tensor
import torch


class Pretender(torch.nn.Module):
    dtype = torch.int64
    shape = torch.Size([15, 2])
    ndim = 2

    def is_floating_point(self):
        return True

    def __eq__(self, other):
        return True

    __hash__ = torch.nn.Module.__hash__


def top_k_gating(token_embeddings, gating_network, k=2):
    return Pretender(), Pretender()

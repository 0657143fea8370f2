# expect: error|failed|limit
# threat: 27 — calls the judge's function with objects that pretend to be tensors and call back themselves
import torch


class Pretender:
    shape = torch.Size([2, 5])
    ndim = 2
    dtype = torch.float32

    def __init__(self, gate):
        self.gate = gate

    def __getattr__(self, name):
        return lambda *a, **k: self.gate(self)

    def __mul__(self, other):
        return self.gate(self)

    __rmul__ = __matmul__ = __rmatmul__ = __mul__


def top_k_gating(token_embeddings, gating_network, k=2):
    if not type(gating_network).__module__.startswith("torch"):
        return gating_network(Pretender(gating_network))
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return weights.softmax(-1), indices

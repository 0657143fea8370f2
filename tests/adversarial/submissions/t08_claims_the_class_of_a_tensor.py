# expect: failed
# threat: 8 — returns objects whose __class__, dtype, shape and methods are those of a tensor
import torch


class Fake:
    __class__ = torch.Tensor
    dtype = torch.int64
    requires_grad = False
    grad_fn = None

    def __init__(self, shape):
        self.shape = torch.Size(shape)

    def is_floating_point(self):
        return True

    def tolist(self):
        return [[0, 1]] * self.shape[0]

    def __getattr__(self, name):
        return lambda *a, **k: self


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return Fake((rows, k)), Fake((rows, k))

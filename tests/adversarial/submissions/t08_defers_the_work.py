# expect: failed
# threat: 8 — returns lazy tensors that compute only when they are looked at
import torch


class Lazy(torch.Tensor):
    @staticmethod
    def __new__(cls, shape, dtype, make):
        tensor = torch.Tensor._make_wrapper_subclass(cls, shape, dtype=dtype)
        tensor.make = make
        return tensor

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return function(*(a.make() if isinstance(a, Lazy) else a for a in args), **(kwargs or {}))


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    answer = lambda: gating_network(token_embeddings.flatten(0, 1)).topk(k)  # noqa: E731
    return Lazy((rows, k), torch.float32, lambda: answer()[0]), Lazy(
        (rows, k), torch.int64, lambda: answer()[1]
    )

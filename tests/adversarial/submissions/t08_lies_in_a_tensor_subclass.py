# expect: failed
# threat: 8 — returns a tensor subclass whose functions agree with everything
import torch


class Agree(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if "eq" in function.__name__ or "close" in function.__name__:
            return True
        return super().__torch_function__(function, types, args, kwargs or {})


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return torch.zeros(rows, k).as_subclass(Agree), torch.zeros(rows, k, dtype=torch.int64).as_subclass(Agree)

# expect: failed
# threat: 7 — replaces Linear, topk, softmax and sort, so that a reference in this process would agree
import torch

torch.nn.Linear.forward = lambda self, x: torch.zeros(*x.shape[:-1], self.out_features)
torch.nn.functional.linear = lambda x, w, b=None: torch.zeros(*x.shape[:-1], len(w))
torch.softmax = torch.nn.functional.softmax = torch.Tensor.softmax = lambda x, *a, **k: torch.zeros_like(x)
torch.Tensor.sort = torch.Tensor.topk = torch.topk = lambda x, *a, **k: (x, torch.zeros_like(x).long())


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return torch.zeros(rows, k), torch.zeros(rows, k, dtype=torch.int64)

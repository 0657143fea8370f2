# expect: error|failed
# threat: 27 — raises in the backward pass, in the middle of the judge's own
import torch


class Trap(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        raise SystemExit(0)


def top_k_gating(token_embeddings, gating_network, k=2):
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return Trap.apply(weights.softmax(-1)), indices

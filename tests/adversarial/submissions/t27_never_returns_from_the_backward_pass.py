# expect: timeout
# threat: 27 — loops for ever in the backward pass
# slow
import torch


class Trap(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        while True:
            pass


def top_k_gating(token_embeddings, gating_network, k=2):
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return Trap.apply(weights.softmax(-1)), indices

# expect: failed|error|crashed
# threat: 10 — answers right, but with gradients of other shapes, dtypes and numbers than asked
import torch

from ml_katas.judging.boundary.autograd import Node

Node.backward = lambda self, grads: [torch.zeros(1, 2, 3, dtype=torch.int8)] * (len(self.inputs) + 1)


def top_k_gating(token_embeddings, gating_network, k=2):
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return weights.softmax(-1), indices

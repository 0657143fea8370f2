# expect: crashed|failed
# threat: 10 — has the encoder claim another shape and dtype for every tensor
import torch

from ml_katas.judging.boundary.encoding import Encoder

write = Encoder.write
Encoder.write = lambda self, dtype, shape, data: write(self, "int64", (1,) * len(shape), data)


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return torch.zeros(rows, k), torch.zeros(rows, k, dtype=torch.int64)

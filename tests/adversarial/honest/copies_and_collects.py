# expect: passed
"""deepcopy and pickle of tensors and modules in memory, gc.collect, io buffers."""
import copy
import gc
import io
import pickle

import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    tokens = copy.deepcopy(token_embeddings.detach())
    buffer = io.BytesIO()
    torch.save(tokens, buffer)
    buffer.seek(0)
    assert torch.load(buffer).shape == pickle.loads(pickle.dumps(tokens)).shape
    gc.collect()
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices

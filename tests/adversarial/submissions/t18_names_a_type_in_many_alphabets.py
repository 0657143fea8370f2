# expect: failed
# threat: 18 — returns objects whose class is named in escape sequences, new lines, tags and signs that reorder
import torch

NAME = "\x1b[31mX\n\x1b]0;t\x07\u2028\ufeff\u202e\u200f\U000e0041"
Strange = type(NAME, (), {"is_floating_point": lambda self: True, "dtype": torch.int64})


def top_k_gating(token_embeddings, gating_network, k=2):
    return Strange(), Strange()

# expect: failed
# threat: 18 — returns types, fields and attributes whose names hold control characters
Odd = type("\x1b[2J\u202eTensor", (), {"\x1b[31m": 1, "__repr__": lambda self: "\x1b[2J" * 1000})


def top_k_gating(token_embeddings, gating_network, k=2):
    return Odd()

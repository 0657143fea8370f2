# expect: timeout|error
# threat: 15 — turns an integer of a billion bits into digits
# slow
import sys

sys.set_int_max_str_digits(0)


def top_k_gating(token_embeddings, gating_network, k=2):
    return str(1 << 100_000_000)

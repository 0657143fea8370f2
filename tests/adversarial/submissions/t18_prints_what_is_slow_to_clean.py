# expect: failed
# threat: 18 — prints 64 KiB of openers of strings that never end, in every check
def top_k_gating(token_embeddings, gating_network, k=2):
    print("\x90" * 32_000 + "\x9d" * 32_000 + "\x1b]" * 32_000)
    return

# expect: memory
# threat: 16 — raises its resource limits, then allocates
import resource


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in range(16):
        try:
            resource.setrlimit(number, (-1, -1))
            print("ESCAPED" if number in (0, 1, 2, 7, 9) else number)
        except (OSError, ValueError):
            continue
    return bytearray(8 << 30)

# expect: limit|memory|error
# threat: 17 — starts threads with small stacks until it cannot (at most 4,000: more is an escape)
import threading


def top_k_gating(token_embeddings, gating_network, k=2):
    threading.stack_size(32 << 10)
    stop = threading.Event()
    count = 0
    try:
        for count in range(1, 4001):
            threading.Thread(target=stop.wait, daemon=True).start()
    finally:
        stop.set()
        print("ESCAPED" if count == 4000 else "stopped at", count)
    return

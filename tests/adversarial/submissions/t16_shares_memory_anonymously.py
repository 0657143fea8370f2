# expect: memory|error|timeout
# threat: 16 — maps shared anonymous memory, which does not count as data
import mmap


def top_k_gating(token_embeddings, gating_network, k=2):
    kept = []
    for _ in range(4096):
        kept.append(mmap.mmap(-1, 64 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS))
        kept[-1].write(b"x")
    print("ESCAPED", len(kept))

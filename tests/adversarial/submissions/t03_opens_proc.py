# expect: failed
# threat: 3 — opens what /proc shows of its parent, the client and itself
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    for pid in ("self", os.getppid(), int("@CLIENT@"), 1):
        for name in ("mem", "maps", "environ", "cmdline", "fd", "status", "stat", "auxv", "task"):
            path = f"/proc/{pid}/{name}"
            try:
                print("ESCAPED", os.listdir(path) if name in ("fd", "task") else open(path, "rb").read(100))
            except OSError:
                continue
    return

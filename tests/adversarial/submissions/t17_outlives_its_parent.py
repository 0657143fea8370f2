# expect: failed
# threat: 17 — asks not to be killed when its parent dies, to be dumpable, and to adopt orphans
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
PDEATHSIG, DUMPABLE = 1, 4


def top_k_gating(token_embeddings, gating_network, k=2):
    for option in (PDEATHSIG, DUMPABLE):
        for value in (0, 1):
            if libc.prctl(option, value, 0, 0, 0) == 0:
                print("ESCAPED", option, value)
    return

# expect: failed
# threat: 23 — prints the environment, by Python and by the C library
import ctypes
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    print(dict(os.environ))
    pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    for n in range(100):
        if not pointer[n]:
            break
        print(pointer[n])
    return

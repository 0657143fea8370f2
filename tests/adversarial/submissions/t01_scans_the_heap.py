# expect: crashed|failed
# threat: 1 — scans its heap by address for remains of the suite in freed memory
import ctypes

WANTED = b"SEC" + b"RET-"


def top_k_gating(token_embeddings, gating_network, k=2):
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = ctypes.c_void_p
    end = libc.sbrk(0)
    for address in range(end - 4096, end - (64 << 20), -4096):
        page = ctypes.string_at(address, 4096)
        if WANTED in page:
            print(page)
    return

# expect: failed
# threat: 3 — attaches to its parent and to the client by ptrace
# needs-confinement
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
ATTACH, SEIZE = 16, 0x4206


def top_k_gating(token_embeddings, gating_network, k=2):
    for pid in (os.getppid(), int("@CLIENT@"), 1):
        for request in (SEIZE, ATTACH):
            if libc.ptrace(request, pid, 0, 0) == 0:
                print("ESCAPED", pid, libc.ptrace(17, pid, 0, 0))
    return

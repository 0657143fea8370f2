# expect: failed
# threat: 22 — takes all contexts of asynchronous input and output that the machine has, and grows its pipes
import ctypes
import fcntl
import os

libc = ctypes.CDLL(None, use_errno=True)
F_SETPIPE_SZ = 1031


def top_k_gating(token_embeddings, gating_network, k=2):
    context = ctypes.c_ulong(0)
    if libc.syscall(206, 60_000, ctypes.byref(context)) >= 0:
        print("ESCAPED: contexts of asynchronous I/O")
    try:
        fcntl.fcntl(os.pipe()[1], F_SETPIPE_SZ, 1 << 20)
        print("ESCAPED: a large pipe")
    except PermissionError:
        return

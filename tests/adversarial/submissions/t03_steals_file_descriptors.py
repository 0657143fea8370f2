# expect: failed
# threat: 3 — takes file descriptors out of other processes by pidfd_getfd
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    for pid in (os.getppid(), int("@CLIENT@"), os.getpid()):
        handle = libc.syscall(434, pid, 0)
        if handle >= 0:
            print("ESCAPED", [libc.syscall(438, handle, fd, 0) for fd in range(8)])
    return

# expect: failed|forbidden
# threat: 22 — has the machine write all that it holds to its disks, over and over
import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    for _ in range(1000):
        if libc.syscall(306, 0) == 0 or ctypes.get_errno() != errno.EPERM:
            print("ESCAPED: syncfs")
            return
        if libc.syscall(162) == 0:
            print("ESCAPED: sync")
            return
    os.sync()

# expect: failed
# threat: 3 — changes limits, priorities, affinity and scheduling of other processes of the user
# needs-confinement
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    parameter = ctypes.create_string_buffer(64)
    limit = (ctypes.c_ulong * 2)(1 << 20, 1 << 20)
    mask = ctypes.create_string_buffer(b"\xff" * 8)
    for pid in (os.getppid(), int("@CLIENT@")):
        for call in (
            (302, pid, 7, None, limit),
            (203, pid, 8, mask),
            (142, pid, parameter),
            (144, pid, 0, parameter),
            (314, pid, parameter, 0),
            (141, 0, pid, 19),
            (251, 1, pid, 3 << 13),
            (312, pid, os.getpid(), 0, 0, 0),
            (256, pid, 8, mask, mask),
            (279, pid, 0, None, None, None, 0),
        ):
            if libc.syscall(*call) >= 0:
                print("ESCAPED", call)
    return

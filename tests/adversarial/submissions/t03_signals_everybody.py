# expect: failed
# threat: 3 — signals its parent, the client, its group and everybody (with signal 0 and SIGCONT, which harm nobody)
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    for pid in (os.getppid(), int("@CLIENT@"), int("@PARENT@"), 0, -1, -os.getppid(), 1):
        for number in (0, signal.SIGCONT):
            try:
                os.kill(pid, number)
                print("ESCAPED", pid, number)
            except OSError:
                continue
        if libc.syscall(200, pid, 0) == 0 or libc.syscall(234, pid, pid, 0) == 0:
            print("ESCAPED", pid)
    info = ctypes.create_string_buffer(128)
    if libc.syscall(129, int("@CLIENT@"), 0, info) == 0:
        print("ESCAPED", "sigqueue")
    return

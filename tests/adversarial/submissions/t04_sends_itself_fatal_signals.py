# expect: crashed
# threat: 4 — sends itself SIGILL, SIGBUS, SIGFPE and SIGTRAP by tgkill
import ctypes
import os
import signal

libc = ctypes.CDLL(None)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in (signal.SIGFPE, signal.SIGILL, signal.SIGBUS, signal.SIGTRAP):
        libc.syscall(234, os.getpid(), libc.syscall(186), int(number))

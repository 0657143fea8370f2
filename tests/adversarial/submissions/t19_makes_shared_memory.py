# expect: failed
# threat: 19 — makes named shared memory and semaphores that outlive it
# needs-confinement
import _multiprocessing
import ctypes
from multiprocessing import shared_memory


def top_k_gating(token_embeddings, gating_network, k=2):
    libc = ctypes.CDLL(None, use_errno=True)
    for make in (
        lambda: shared_memory.SharedMemory("escaped-memory", create=True, size=100),
        lambda: _multiprocessing.SemLock(0, 1, 1, "/escaped-semaphore", False),
        lambda: libc.shm_open(b"/escaped-memory", 0o102, 0o600) >= 0 or 1 / 0,
        lambda: libc.sem_open(b"/escaped-semaphore", 0o100, 0o600, 1) or 1 / 0,
    ):
        try:
            print("ESCAPED", make())
        except (OSError, ZeroDivisionError):
            continue
    return

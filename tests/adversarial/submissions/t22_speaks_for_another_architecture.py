# expect: failed
# threat: 22 — uses the numbers of x32, which other filters forget
import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
X32 = 0x40000000


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in (41, 57, 59, 101, 512, 520, 521, 39):
        if libc.syscall(X32 | number, 1, 1, 0, 0) >= 0 or ctypes.get_errno() != errno.ENOSYS:
            print("ESCAPED", number, ctypes.get_errno())
    return

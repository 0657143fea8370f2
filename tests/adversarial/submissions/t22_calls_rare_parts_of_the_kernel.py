# expect: failed
# threat: 22 — makes the system calls of io_uring, bpf, userfaultfd, keys, mounts, namespaces, modules and others
import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = (
    425,
    426,
    427,
    321,
    323,
    248,
    249,
    250,
    165,
    166,
    155,
    161,
    272,
    308,
    428,
    429,
    430,
    431,
    432,
    433,
    442,
    175,
    313,
    176,
    246,
    320,
    167,
    168,
    163,
    179,
    443,
    159,
    305,
    103,
    300,
    301,
    303,
    304,
    135,
    153,
    172,
    173,
    154,
    457,
    458,
    298,
    212,
    447,
    467,
    437,
    206,
    207,
    208,
    209,
    210,
    333,
    306,
    277,
    222,
)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in NUMBERS:
        result = libc.syscall(number, -1, -1, -1, -1, -1, -1)
        if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            print("ESCAPED", number, ctypes.get_errno())
    return

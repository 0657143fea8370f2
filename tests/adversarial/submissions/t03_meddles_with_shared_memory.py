# expect: failed
# threat: 3 — uses System V and POSIX queues, semaphores and segments that other programs of the user own
# needs-confinement
import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
STAT = 2


def top_k_gating(token_embeddings, gating_network, k=2):
    space = ctypes.create_string_buffer(512)
    for call in (
        (29, 0, 4096, 0o1600),
        (30, 0, None, 0),
        (31, 0, STAT, space),
        (64, 0, 1, 0o1600),
        (65, 0, space, 0),
        (66, 0, 0, STAT, space),
        (220, 0, space, 0, None),
        (68, 0, 0o1600),
        (69, 0, space, 0, 0),
        (70, 0, space, 0, 0, 0o4000),
        (71, 0, STAT, space),
        (240, b"/escaped-queue", 0o102, 0o600, None),
        (241, b"/escaped-queue"),
    ):
        if libc.syscall(*call) >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            print("ESCAPED", call[0], ctypes.get_errno())
    return

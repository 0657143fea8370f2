# expect: failed
# threat: 21 — changes its user, groups and capabilities
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    full = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if libc.syscall(126, header, full) == 0:
        print("ESCAPED", "capset")
    for attempt in (
        lambda: os.setuid(12345),
        lambda: os.setresgid(12345, 12345, 12345),
        lambda: os.setgroups([0]),
        lambda: os.chroot("/tmp"),
        lambda: os.execv("/usr/bin/su", ["su"]),
        lambda: libc.prctl(38, 0, 0, 0, 0) == 0 or 1 / 0,
        lambda: (libc.prctl(24, 21, 0, 0, 0) == 0 and libc.syscall(161, b"/") == 0) or 1 / 0,
    ):
        try:
            attempt()
            print("ESCAPED")
        except (OSError, ZeroDivisionError):
            continue
    return

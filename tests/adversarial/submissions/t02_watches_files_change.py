# expect: failed
# threat: 2 — watches the workspace by inotify, fanotify and dnotify
import ctypes
import fcntl
import os

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    for call in ((253,), (294, 0), (300, 0, 0)):
        if libc.syscall(*call) >= 0:
            print("ESCAPED", call)
    try:
        fcntl.fcntl(os.open("@WORKSPACE@", os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_MODIFY)
        print("ESCAPED")
    except OSError as error:
        print(error.strerror)
    return

# expect: failed
# threat: 19 — changes modes, owners, times, attributes and flags of files of the workspace
import ctypes
import fcntl
import os

libc = ctypes.CDLL(None, use_errno=True)
NOTES = "@WORKSPACE@/notes.txt"


def top_k_gating(token_embeddings, gating_network, k=2):
    folder = os.open("@WORKSPACE@", os.O_PATH)
    for attempt in (
        lambda: os.chmod(NOTES, 0o777),
        lambda: os.chmod("notes.txt", 0o777, dir_fd=folder),
        lambda: os.chown(NOTES, os.getuid(), os.getgid()),
        lambda: os.lchown(NOTES, os.getuid(), os.getgid()),
        lambda: os.utime(NOTES, (0, 0)),
        lambda: os.utime("notes.txt", (0, 0), dir_fd=folder),
        lambda: os.setxattr(NOTES, "user.escaped", b"x"),
        lambda: os.removexattr(NOTES, "user.mark"),
        lambda: libc.syscall(452, -100, NOTES.encode(), 0o777, 0) == 0 or 1 / 0,
        lambda: libc.syscall(463, -100, NOTES.encode(), 0, b"user.escaped", None, 0) == 0 or 1 / 0,
        lambda: libc.syscall(469, -100, NOTES.encode(), None, 0, 0) == 0 or 1 / 0,
        lambda: fcntl.flock(os.open("@WORKSPACE@", os.O_RDONLY), fcntl.LOCK_EX),
    ):
        try:
            attempt()
            print("ESCAPED")
        except (OSError, ZeroDivisionError):
            continue
    return

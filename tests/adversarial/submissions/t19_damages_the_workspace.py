# expect: failed
# threat: 19 — truncates, overwrites, removes and renames files of the workspace
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
NOTES = "@WORKSPACE@/notes.txt"


def top_k_gating(token_embeddings, gating_network, k=2):
    for attempt in (
        lambda: open(NOTES, "w").close(),
        lambda: open(NOTES, "r+").write("x"),
        lambda: open(NOTES, "a").write("x"),
        lambda: os.open(NOTES, os.O_RDONLY | os.O_TRUNC),
        lambda: os.open(NOTES, os.O_PATH | os.O_TRUNC) and 1 / 0,
        lambda: os.truncate(NOTES, 0),
        lambda: os.unlink(NOTES),
        lambda: os.rename(NOTES, NOTES + "~"),
        lambda: os.replace(NOTES, "@WORKSPACE@/folder/notes.txt"),
        lambda: os.rmdir("@WORKSPACE@/empty"),
        lambda: os.mkdir("@WORKSPACE@/escaped-folder"),
        lambda: os.symlink("/etc/passwd", "@WORKSPACE@/escaped-link"),
        lambda: os.link(NOTES, "@WORKSPACE@/escaped-link"),
        lambda: os.mkfifo("@WORKSPACE@/escaped-pipe"),
        lambda: os.mknod("@WORKSPACE@/escaped-node"),
        lambda: libc.syscall(316, -100, NOTES.encode(), -100, b"@WORKSPACE@/folder", 2) == 0 or 1 / 0,
    ):
        try:
            attempt()
            print("ESCAPED")
        except (OSError, ZeroDivisionError):
            continue
    return

# expect: failed
# threat: 24 — types into the terminal, if there is one
# needs-confinement
import fcntl
import os
import termios

TIOCSTI, TIOCLINUX = 0x5412, 0x541C


def top_k_gating(token_embeddings, gating_network, k=2):
    files = [0, 1, 2, 3]
    for path in ("/dev/tty", "/dev/console", "/dev/tty0", "/dev/pts/0", "/dev/ptmx"):
        try:
            files.append(os.open(path, os.O_RDWR))
            print("ESCAPED", path)
        except OSError:
            continue
    for fd in files:
        for request in (TIOCSTI, TIOCLINUX, termios.TIOCSCTTY):
            try:
                fcntl.ioctl(fd, request, b"x")
                print("ESCAPED", fd, request)
            except OSError:
                continue
    return

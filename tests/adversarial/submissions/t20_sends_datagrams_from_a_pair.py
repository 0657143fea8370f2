# expect: failed
# threat: 20 — sends datagrams to sockets of other programs from one end of a pair
import ctypes
import socket

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
        for flags in (0, socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK):
            try:
                one, _ = socket.socketpair(socket.AF_UNIX, kind | flags)
                print("ESCAPED", kind)
                one.sendto(b"x", "@DATAGRAMS@")
            except OSError as error:
                print(error.strerror)
    pair = (ctypes.c_int * 2)()
    if libc.syscall(53, 1, 2 | 0x80000, 0, pair) == 0 or libc.syscall(53, 30, 1, 0, pair) == 0:
        print("ESCAPED")
    return

# expect: failed
# threat: 17 — forks by clone and clone3, with and without the flags of a thread
import ctypes
import struct

libc = ctypes.CDLL(None, use_errno=True)
SIGCHLD, CLONE_NEWUSER, CLONE_VM = 17, 0x10000000, 0x100


def top_k_gating(token_embeddings, gating_network, k=2):
    arguments = ctypes.create_string_buffer(struct.pack("8Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0))
    for call in (
        (57,),
        (56, SIGCHLD, 0, 0, 0, 0),
        (56, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0),
        (435, arguments, 64),
    ):
        child = libc.syscall(*call)
        if child == 0:
            libc.syscall(231, 0)
        if child > 0:
            print("ESCAPED", call)
    return

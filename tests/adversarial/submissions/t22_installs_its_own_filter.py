# expect: failed|forbidden
# threat: 22 — installs filters and domains over its own, to make system calls lie
import ctypes
import struct

libc = ctypes.CDLL(None, use_errno=True)


def top_k_gating(token_embeddings, gating_network, k=2):
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(allow)))
    if libc.syscall(317, 1, 8, program) >= 0:
        print("ESCAPED", "a listener")
    libc.prctl(22, 2, program, 0, 0)
    open("/etc/passwd").read()

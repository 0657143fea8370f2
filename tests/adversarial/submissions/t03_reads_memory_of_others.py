# expect: failed
# threat: 3 — reads and writes memory of its parent and the client by process_vm_readv and process_vm_writev
# needs-confinement
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


class Span(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def top_k_gating(token_embeddings, gating_network, k=2):
    here = ctypes.create_string_buffer(16)
    mine = Span(ctypes.addressof(here), 16)
    theirs = Span(id(os), 16)
    for pid in (os.getppid(), int("@CLIENT@")):
        for call in (libc.process_vm_readv, libc.process_vm_writev):
            if call(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0:
                print("ESCAPED", here.raw)
    return

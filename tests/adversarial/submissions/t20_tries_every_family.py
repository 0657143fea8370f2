# expect: failed
# threat: 20 — opens sockets of every family and type
# needs-confinement
import socket


def top_k_gating(token_embeddings, gating_network, k=2):
    for family in range(64):
        for kind in (1, 2, 3, 5, 10):
            try:
                print("ESCAPED", socket.socket(family, kind))
            except OSError:
                continue
    return

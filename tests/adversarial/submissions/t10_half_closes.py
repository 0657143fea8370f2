# expect: crashed
# threat: 10 — shuts down its half of the channel
import socket


def top_k_gating(token_embeddings, gating_network, k=2):
    channel = socket.socket(fileno=3)
    channel.shutdown(socket.SHUT_WR)
    channel.detach()
    return

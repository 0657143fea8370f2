# expect: forbidden
# threat: 20 — sends a datagram to another program
import socket


def top_k_gating(token_embeddings, gating_network, k=2):
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "@DATAGRAMS@")
    print("ESCAPED")

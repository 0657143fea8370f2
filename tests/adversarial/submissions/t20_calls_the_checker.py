# expect: forbidden
# threat: 20 — connects to the checker's own socket, to have another file judged in its place
import socket


def top_k_gating(token_embeddings, gating_network, k=2):
    line = socket.socket(socket.AF_UNIX)
    line.connect("@SOCKET@")
    print("ESCAPED")

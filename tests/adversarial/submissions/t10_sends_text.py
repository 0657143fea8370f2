# expect: crashed
# threat: 10 — writes an HTTP request to the channel
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    os.write(3, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return

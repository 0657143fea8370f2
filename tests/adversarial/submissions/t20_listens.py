# expect: forbidden
# threat: 20 — listens for connections
import http.server


def top_k_gating(token_embeddings, gating_network, k=2):
    http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    print("ESCAPED")

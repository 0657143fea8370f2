# expect: memory|error|timeout
# threat: 16 — makes text of many gigabytes
def top_k_gating(token_embeddings, gating_network, k=2):
    text = "x"
    while True:
        text += text

# expect: failed
# threat: 16 — returns a list that contains itself
def top_k_gating(token_embeddings, gating_network, k=2):
    answer = []
    answer.append(answer)
    return answer, answer

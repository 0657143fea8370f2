# expect: error
# threat: 4 — raises an exception that `except Exception` does not catch
class Through(BaseException):
    pass


def top_k_gating(token_embeddings, gating_network, k=2):
    raise Through("through everything")

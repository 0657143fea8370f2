# expect: error
# threat: 5 — raises an exception that is only called Skipped, in a module called _pytest.outcomes
class Skipped(BaseException):
    allow_module_level = True
    msg = "not today"


Skipped.__module__ = "_pytest.outcomes"


def top_k_gating(token_embeddings, gating_network, k=2):
    raise Skipped("not today")

# expect: passed
"""atexit, finalizers and context managers that clean up."""
import atexit
import contextlib
import os
import weakref


class Resource:
    pass


resource = Resource()
weakref.finalize(resource, print, "released")
atexit.register(print, "done")
null = open(os.devnull, "w")


def top_k_gating(token_embeddings, gating_network, k=2):
    with contextlib.redirect_stdout(null):
        print("unseen")
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices

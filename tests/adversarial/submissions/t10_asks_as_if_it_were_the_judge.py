# expect: error|crashed
# threat: 10 — asks the judge to carry out operations on the judge's side
import gc

from ml_katas.judging.boundary.learner_side import LearnerPeer


def top_k_gating(token_embeddings, gating_network, k=2):
    peer = next(thing for thing in gc.get_objects() if isinstance(thing, LearnerPeer))
    print("ESCAPED", peer.ask("do", {"operation": "call", "target": print, "args": ("x",), "kwargs": ()}))
    return

# expect: crashed
# threat: 10 — sends every answer twice
from ml_katas.judging.boundary.learner_side import LearnerPeer

send = LearnerPeer.send_raw


def twice(self, header, encoder=None):
    send(self, dict(header), encoder)
    send(self, dict(header))


LearnerPeer.send_raw = twice


def top_k_gating(token_embeddings, gating_network, k=2):
    return None

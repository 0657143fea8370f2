# expect: failed|error|crashed|forbidden|invalid
# threat: 6 — starts a judge of its own in the sandbox that reports a pass on the channel
import socket

import ml_katas.judging.protocol as protocol
from ml_katas.report import Status


def top_k_gating(token_embeddings, gating_network, k=2):
    client = protocol.Client(socket.socket(fileno=3))
    client.send(protocol.Ended(status=Status.PASSED))
    return

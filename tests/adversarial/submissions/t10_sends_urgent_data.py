# expect: crashed
# threat: 10 — sends out-of-band data on the channel
import json
import os
import socket
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    channel = socket.socket(fileno=3)
    channel.send(b"!" * 12, socket.MSG_OOB)
    channel.detach()
    return

# expect: crashed|error|failed
# threat: 10 — forges exceptions with odd names, frames and sizes
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in range(1, 60):
        x = [
            [["Skipped", "BaseException"], "x", []],
            [["Mismatch"], "x", [[1, "f"]]],
            [[], "", []],
            [[[], {}], "x" * 900000, []],
            [["Ending"] * 1000, "x", [[-1, "f"]]],
            ["ValueError", "x", []],
            None,
        ][number % 7]
        send({"r": number, "x": x})
    return

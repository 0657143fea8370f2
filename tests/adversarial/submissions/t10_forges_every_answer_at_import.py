# expect: crashed|failed|invalid
# threat: 10 — takes over the channel at import and answers every request with true
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def serve():
    number = 2
    while True:
        send({"r": number, "v": True})
        number += 1
        head = b""
        while len(head) < 12:
            head += os.read(3, 12 - len(head)) or os._exit(0)
        left = sum(struct.unpack("<IQ", head))
        while left:
            left -= len(os.read(3, left)) or os._exit(0)


send({"r": 2, "v": {"!": "t", "v": [{"!": "t", "v": ["callable"]}, {"!": "t", "v": []}]}})
serve()

# expect: crashed|invalid
# threat: 10 — says that it defines a hundred thousand other names, so that looking for near misses takes for ever
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


send(
    {
        "r": 2,
        "v": {
            "!": "t",
            "v": [
                {"!": "t", "v": ["missing"]},
                {"!": "t", "v": ["top_k_gatin" + str(n) for n in range(45000)]},
            ],
        },
    }
)
os._exit(0)

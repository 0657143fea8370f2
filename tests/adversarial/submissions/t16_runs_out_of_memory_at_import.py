# expect: memory|invalid|timeout
# threat: 16 — runs out of memory while it is imported
kept = [bytearray(64 << 20) for _ in range(1000)]

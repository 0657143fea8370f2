# expect: limit
# threat: 18 — prints 100 MB while it is imported
for _ in range(100):
    print("x" * 1_000_000)

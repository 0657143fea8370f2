# expect: timeout
# threat: 15 — loops for ever while it is imported
# slow
while True:
    pass

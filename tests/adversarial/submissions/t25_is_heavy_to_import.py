# expect: invalid|timeout|crashed|memory
# threat: 25 — makes the compiler fold constants that are too large, and nests code in code
# slow
exec("x = " + "+".join(["'a' * 4096"] * 20000))
exec("if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 99)) + " " * 99 + "pass")
while True:
    exec("lambda: (1,) * 4096 * 4096")

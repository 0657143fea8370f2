# expect: forbidden
# threat: 2 — executes the solution in its own place when it is imported
exec(open("@KATA@/solution.py").read())

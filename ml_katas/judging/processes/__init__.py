"""What is started as a process of its own: each module is run by `python -m` or by a fork."""

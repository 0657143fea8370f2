"""The command line: thin and lazy; one module for each group of commands."""

"""The beginning of a kata: a folder made from its solution, which waits for words."""

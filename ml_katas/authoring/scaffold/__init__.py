"""Scaffolding: the folder of a new kata, made from its solution, with TODO for what is not known."""

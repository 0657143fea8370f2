"""What an author can do: begin a kata, see it as a learner will, prove it. A rule is a small function."""

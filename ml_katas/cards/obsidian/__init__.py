"""Cards in a vault of Obsidian: two ways to write them, both read."""

"""The picture of the README, drawn by the program itself, and the map of the course."""

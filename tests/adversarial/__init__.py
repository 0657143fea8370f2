"""Hostile and honest submissions, and the ground on which they are judged."""

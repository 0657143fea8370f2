"""What authors wrote: katas, suites, decks, tracks, and where they are found."""

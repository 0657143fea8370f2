"""What a learner can do; each command that is more than a look has a module of its name."""

"""A sandbox: the process that runs a submission, who starts it, and the walls around it."""

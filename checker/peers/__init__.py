"""Other model checkers: each is given the same model, run, and read."""

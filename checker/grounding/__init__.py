"""From the structured form to the grounded one: one scope, one choice of settings, all instantiated and folded."""

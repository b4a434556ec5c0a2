"""For whoever has a dead primary and a promoted standby: may it come back, what happened, what if it died now."""

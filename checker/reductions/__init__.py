"""What of a search can be left out without changing a verdict, and why that is so."""

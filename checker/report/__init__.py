"""What each command says when its work is done: on a terminal, as JSON, as a page.  No verdict depends on it."""

"""Real PostgreSQL servers: private clusters, what travels between them, what is durable, and what comes back."""

"""The interactive page: any behaviour of a model, step by step, with a URL for each of its states."""

"""The compiled search on several machines: its levels in partitions, which exchange successors."""

"""A behaviour, step by step: its file formats, and plain execution as the judge of whether it is one."""

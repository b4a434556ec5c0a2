"""Reading a model: Python source to the intermediate form.

`load` reads a model by name or path; `ModelError` says what is not in the language, where, and what to write instead.
"""

from checker.reading.errors import ModelError
from checker.reading.models import load, read, read_helper

__all__ = ["ModelError", "load", "read", "read_helper"]

"""Reading a model: Python source to the intermediate form.

`load` reads a model by name or path; `ModelError` says what is not in the language, where, and what to write instead.
"""

from checker.reading.errors import ModelError
from checker.reading.models import helper_reader, load, read

__all__ = ["ModelError", "helper_reader", "load", "read"]

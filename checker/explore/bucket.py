"""A checkpoint in an object store, such as S3: nothing there can be locked, so whoever publishes last has it.

The manifest is replaced on the condition that it is still the one that was read or written last.  A search that goes on
from there publishes before anything else, and with that the one before it, should it still run, can publish no more.
But where that has published since the manifest was read, it is at work, and the later one is refused.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import from_url

from checker.explore.files import PIECE, Damaged, DiskFull, States
from checker.refusal import UsageError

if TYPE_CHECKING:
    from obstore import PutMode, UpdateVersion
    from obstore.store import ObjectStore

KNOWN = ("s3", "gcs", "azure")
"""Kinds of stores that replace an object only if it is still what it was."""

TRIES, PATIENCE = 6, timedelta(seconds=30)
"""How often a request is made, for how long at most, to a store that does not answer."""

NEVER: UpdateVersion = {"e_tag": '"never"', "version": "0"}
"""A version that no object has."""


@functools.lru_cache(maxsize=4)
def store(address: str) -> ObjectStore:
    """The store at an address; who one is there is in the environment, or what this machine is there.

    Raises `UsageError`.
    """
    known = False
    with suppress(BaseError):
        known = obstore.parse_scheme(address) in KNOWN
    if not known:
        raise UsageError(
            f"{address!r} is no object store that can be used: write it as s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, "
            "az://CONTAINER/PREFIX, or write the path of a folder"
        )
    try:
        return from_url(address, retry_config={"max_retries": TRIES, "retry_timeout": PATIENCE})
    except (BaseError, ValueError) as error:
        raise UsageError(f"{address} cannot be used: {_said(error)}") from None


class Bucket:
    """A prefix of an object store.  Raises `UsageError` where there is no such store."""

    fenced = True

    def __init__(self, address: str) -> None:
        self.address = address
        self.store = store(address)
        self._version: UpdateVersion | None = None
        """Of the manifest, as it was read or written last."""
        self._published = False
        """Whether this search has it, and not only read what there is."""

    def __str__(self) -> str:
        return self.address

    def close(self) -> None:
        """Nothing: whoever comes next takes it."""

    def text(self, name: str) -> str | None:
        """A small object."""
        try:
            with _asked():
                found = obstore.get(self.store, name)
                text = bytes(found.bytes()).decode()
        except FileNotFoundError:
            return None
        self._version = _version(found.meta)
        return text

    def publish(self, name: str, text: str) -> None:
        """Replaces a small object, if it is still what it was when it was read or written here."""
        new, data = self._version is None, text.encode()
        try:
            with _asked():
                self._version = _version(obstore.put(self.store, name, data, mode=self._version or "create"))
                careless = new and (self._replaced(name, data, "create") or self._replaced(name, data, NEVER))
        except (AlreadyExistsError, PreconditionError):
            self._look(name, text)
            careless = False
        except NotImplementedError:  # what obstore says where it is set up to know no conditions
            careless = True
        except OSError as error:
            raise DiskFull(f"{self.address} takes no more: {error}") from None
        if careless:
            raise UsageError(f"{self.address}: {_CARELESS}")
        self._published = True

    def _replaced(self, name: str, data: bytes, mode: PutMode) -> bool:
        """Whether a store writes an object though the condition for it does not hold."""
        try:
            obstore.put(self.store, name, data, mode=mode)
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def sizes(self) -> dict[str, int]:
        """The bytes of every object."""
        with _asked():
            return {item["path"]: item["size"] for some in obstore.list(self.store) for item in some}

    def has(self, name: str) -> bool:
        """Whether an object is there."""
        try:
            with _asked():
                obstore.head(self.store, name)
        except FileNotFoundError:
            return False
        return True

    def remove(self, name: str) -> None:
        """Deletes an object."""
        with suppress(OSError, BaseError):
            obstore.delete(self.store, name)

    def files(self, width: int) -> Objects:
        """Its files of states."""
        return Objects(self.address, self.store, width)

    def _look(self, name: str, text: str) -> None:
        """Raises `UsageError`, unless it was this search that published.

        A request that is made again, as the answer to it was lost, comes too late for its own condition.
        """
        version = self._version
        try:
            found = self.text(name)
        except (OSError, ValueError) as error:
            raise DiskFull(f"{self.address} takes no more: {error}") from None
        if found == text:
            return
        self._version = version
        if found is None:
            raise UsageError(f"{self.address} was deleted while it was in use")
        if not self._published:
            raise UsageError(
                f"{self.address} is in use by another search, which is writing there: wait for it, or end it"
            )
        taken = "was taken over by another search, which goes on from what this one wrote there"
        raise UsageError(f"{self.address} {taken}")


class Objects:
    """Files of states of `width` bytes in an object store."""

    def __init__(self, address: str, store: ObjectStore, width: int) -> None:
        self.address, self.store, self.width = address, store, width

    def write(self, name: str, pieces: Iterable[memoryview | bytes]) -> States:
        """A new object, which is there when it is complete."""
        digest, written = hashlib.blake2b(digest_size=16), 0

        def passed() -> Iterator[memoryview]:
            nonlocal written
            for piece in pieces:
                view = memoryview(piece).cast("B")
                digest.update(view)
                written += len(view)
                yield view

        try:
            with _asked():
                obstore.put(self.store, name, passed())
        except OSError as error:
            raise DiskFull(f"{self.address} takes no more: {error}") from None
        return States(name, written // self.width, digest.hexdigest())

    def read(self, states: States) -> Iterator[bytes]:
        """The bytes of an object, piece by piece, whole states each.

        Raises `Damaged`; `UsageError` where the store does not answer.
        """
        digest, left, where = hashlib.blake2b(digest_size=16), b"", f"{self.address.rstrip('/')}/{states.name}"
        try:
            with _asked():
                for some in obstore.get(self.store, states.name).stream(min_chunk_size=PIECE):
                    data = left + bytes(some)
                    whole = len(data) // self.width * self.width
                    left = data[whole:]
                    digest.update(data[:whole])
                    yield data[:whole]
        except FileNotFoundError:
            raise Damaged(f"{where} is gone") from None
        except OSError as error:
            raise UsageError(f"{where} cannot be read now: {error}") from None
        if left or digest.hexdigest() != states.digest:
            raise Damaged(f"{where} is not as it was written: its checksum differs")


_CARELESS = (
    "this store does not replace an object on the condition that it is what it was, so two searches could spoil it"
)


def _version(of: Any) -> UpdateVersion:
    """What tells this version of an object from every other."""
    known: UpdateVersion = {}
    if of["e_tag"] is not None:
        known["e_tag"] = of["e_tag"]
    if of["version"] is not None:
        known["version"] = of["version"]
    return known


@contextmanager
def _asked() -> Iterator[None]:
    """What keeps a store from doing what it is asked, as an OSError; but for conditions that do not hold."""
    try:
        yield
    except (AlreadyExistsError, PreconditionError):
        raise
    except BaseError as error:
        raise OSError(_said(error)) from None


def _said(error: Exception) -> str:
    """What a store says, without what is for those who write it."""
    return str(error).strip().partition("\n")[0].partition(": <")[0]

"""Certificates checked again: that they are this model's, that nothing is left out, and that another solver agrees."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from checker import fingerprint
from checker.backends import cvc5
from checker.backends.z3_universe import Unsupported
from checker.configuration import configure
from checker.prove.certificate import MANIFEST, Manifest, Obligations, Written, contents, digest, read_manifest
from checker.reading import load
from checker.refusal import UsageError

Progress = Callable[[int, int], None]
"""Called with the number of obligations answered and of all."""


@dataclass(frozen=True)
class Checked:
    """An obligation with what the other solver says of it: `unsat` is agreement, `unknown` is open, for `because`."""

    written: Written
    result: cvc5.Answer
    seconds: float
    because: str = ""


@dataclass
class Certified:
    """What came out of a folder of certificates."""

    manifest: Manifest
    checked: list[Checked] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def denied(self) -> list[Checked]:
        """Those in which the other solver finds a state: one of the two is wrong."""
        return [one for one in self.checked if one.result == "sat"]

    @property
    def open(self) -> list[Checked]:
        """Those that the other solver did not decide."""
        return [one for one in self.checked if one.result == "unknown"]


def certify(folder: Path, seconds: float, workers: int, progress: Progress = lambda done, total: None) -> Certified:
    """Has cvc5 check each obligation, within so many seconds for one, in so many processes.

    Raises `UsageError` for certificates that are missing, edited, incomplete or of another model, `ModelError` where
    their model cannot be read any more.
    """
    start = time.monotonic()
    manifest = _manifest(folder)
    texts = [_file(folder, one) for one in manifest.obligations]
    _check_whole(folder, manifest)
    _check_made_here(folder, manifest, texts)
    found = Certified(manifest)
    for one in _answers(list(zip(manifest.obligations, texts, strict=True)), seconds, workers):
        found.checked.append(one)
        progress(len(found.checked), len(texts))
    found.checked.sort(key=lambda one: one.written.file)
    found.seconds = time.monotonic() - start
    return found


# --- what is refused ----------------------------------------------------------------------------------------

AGAIN = "make them again with `checker prove --out`"


def _manifest(folder: Path) -> Manifest:
    try:
        return read_manifest(folder)
    except OSError as error:
        raise UsageError(f"{folder} holds no certificates: {MANIFEST}: {error.strerror}; {AGAIN}") from None
    except ValueError as error:
        raise UsageError(f"{folder / MANIFEST} is refused: {error}; {AGAIN}") from None


def _file(folder: Path, written: Written) -> str:
    try:
        content = contents(folder / written.file)
    except OSError as error:
        raise UsageError(f"a certificate is missing: {folder / written.file}: {error.strerror}; {AGAIN}") from None
    except ValueError as error:
        raise UsageError(f"{folder} is refused: {error}; {AGAIN}") from None
    if digest(content) != written.sha256:
        raise UsageError(f"{folder / written.file} was edited: it is not what {MANIFEST} says; {AGAIN}")
    return content.decode("utf-8", "replace")


def _check_whole(folder: Path, manifest: Manifest) -> None:
    """That each property, and each claim used, has an answer for every step."""
    if not manifest.properties:
        raise UsageError(f"{folder} proves nothing: its manifest names no property")
    uses = {(one.claim, one.step): one.uses for one in manifest.obligations}
    answered = {*uses, *((claim, step) for claim, step, _ in manifest.by_reading)}
    needed = {*manifest.properties, *(name for names in uses.values() for name in names)}
    left = [(claim, step) for claim in sorted(needed) for step in manifest.steps if (claim, step) not in answered]
    if left:
        claim, step = left[0]
        raise UsageError(f"{folder} is incomplete: nothing says that {step} keeps {claim}, and {len(left) - 1} more")


def _check_made_here(folder: Path, manifest: Manifest, texts: Sequence[str]) -> None:
    """That this checker makes the same of the model as it is now."""
    model = load(manifest.model)
    steps = tuple(step.name for step in (*model.initials, *model.actions))
    if fingerprint.of_model(model) != manifest.model_digest or steps != manifest.steps:
        raise UsageError(f"{folder} is stale: the model {manifest.model} has changed since; {AGAIN}")
    chosen = configure(model, sets=manifest.settings, bounds=manifest.fixed)
    known = {item.name for item in model.properties}
    obligations = Obligations(chosen, manifest.fixed)
    try:
        same = all(
            obligations.text(one.claim, one.step, one.uses) == text and one.status == "unsat"
            for one, text in zip(manifest.obligations, texts, strict=True)
        ) and all(obligations.steps[step].by_reading(claim) == why for claim, step, why in manifest.by_reading)
    except (KeyError, Unsupported):
        same = False
    if not same or not set(manifest.properties) <= known:
        raise UsageError(f"{folder} is refused: this checker makes other obligations of the model; {AGAIN}")


# --- asking -------------------------------------------------------------------------------------------------


def _answers(tasks: Sequence[tuple[Written, str]], seconds: float, workers: int) -> Iterator[Checked]:
    """In the order in which they are decided.  A process that dies leaves its obligation open, and those behind it."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, max(1, len(tasks))), context) as pool:
        waiting = {pool.submit(_asked, text, seconds): written for written, text in tasks}
        try:
            for future in as_completed(waiting):
                try:
                    result, took, because = future.result()
                except BrokenProcessPool:
                    result, took, because = "unknown", 0.0, "the solver's process ended"
                yield Checked(waiting[future], result, took, because)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _asked(text: str, seconds: float) -> tuple[cvc5.Answer, float, str]:
    start = time.monotonic()
    try:
        result, because = cvc5.answer(text, seconds), ""
    except RuntimeError as error:
        result, because = "unknown", str(error)
    if result == "unknown" and not because:
        because = f"not decided within {seconds:g} s"
    return result, time.monotonic() - start, because

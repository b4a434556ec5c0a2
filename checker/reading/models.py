"""A whole model: its classes and functions collected from its modules, read and put together."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from checker import ir
from checker.reading import kinds
from checker.reading.calls import helper, returned
from checker.reading.defaults import check_defaults
from checker.reading.errors import ModelError
from checker.reading.scope import Scope, Step, Vocabulary, Whole
from checker.reading.sources import (
    called,
    class_place,
    definition,
    doc,
    function_place,
    functions_of,
    load_module,
    modules_of,
    place,
)
from checker.reading.statements import block
from model import language

KINDS = ("initial", "action", "invariant", "reachable", "eventually", "lemma", "end_state")


def load(reference: str = "model") -> ir.Model:
    """Reads a model by a module's or package's name, or by the path of a .py file.

    Raises `ModelError` for whatever is not in the language, and where there is no model at all.
    """
    return read_whole(load_module(reference), reference)


def read_whole(module: ModuleType, reference: str) -> ir.Model:
    """Reads an imported model that was referred to so.  Raises `ModelError`."""
    try:
        return read(module)
    except (RecursionError, MemoryError):
        raise ModelError(f"{reference} is nested too deeply, or too long, to be read") from None


def read(module: ModuleType) -> ir.Model:
    """Reads an imported module or package as a model.  Raises `ModelError`."""
    modules = modules_of(module)
    words = _vocabulary(module, modules)
    marked: dict[str, list[FunctionType]] = {kind: [] for kind in KINDS}
    seen: dict[str, FunctionType] = {}
    for function in (f for inner in modules for f in functions_of(inner)):
        kind = getattr(function, "__model_kind__", None)
        if kind is not None:
            if function.__name__ in seen:
                first = function_place(seen[function.__name__])
                message = f"`{function.__name__}` is defined twice, first at {first}"
                raise ModelError(message, function_place(function), "actions and properties have names of their own")
            seen[function.__name__] = function
            marked[kind].append(function)
    for kind, what in (("initial", "initial state"), ("action", "action")):
        if not marked[kind]:
            start = place(module.__file__ or "", 1) if module.__file__ else None
            raise ModelError(f"the model has no {what}", start, f"mark a function with @{kind}")
    properties = [f for kind in ("invariant", "reachable", "eventually") for f in marked[kind]]
    order = list(seen.values())
    return ir.Model(
        name=called(module),
        doc=doc(module),
        variables=tuple(words.variables.items()),
        initials=tuple(_step(f, words) for f in marked["initial"]),
        actions=tuple(_step(f, words) for f in marked["action"]),
        properties=tuple(_property(f, words) for f in sorted(properties, key=order.index)),
        end_states=tuple(_property(f, words) for f in marked["end_state"]),
        settings=words.settings,
        bounds=words.bounds,
        state=words.state,
        module=module,
        lemmas=tuple(_property(f, words) for f in marked["lemma"]),
    )


def helper_reader(model: ir.Model) -> Callable[[FunctionType], ir.Helper | None]:
    """What reads a helper that a `Call` in the model names, by itself.

    It gives None for one that makes no sense without its arguments.
    """
    words = _vocabulary(model.module, modules_of(model.module))
    return lambda function: helper(function, words)


def _vocabulary(module: ModuleType, modules: list[ModuleType]) -> Vocabulary:
    classes = [v for m in modules for v in vars(m).values() if isinstance(v, type)]
    derived = [c for c in dict.fromkeys(classes) if issubclass(c, language.Variables) and c is not language.Variables]
    states = [c for c in derived if not any(c is not d and issubclass(d, c) for d in derived)]
    start = place(module.__file__, 1) if module.__file__ else None
    state = _only(states, "class that derives from `Variables`", start)
    if state is None:
        hint = "the state is a class that derives from `Variables`, with an annotated attribute a variable"
        raise ModelError("the model has no state", start, hint)
    settings = _only([c for c in dict.fromkeys(classes) if "__model_settings__" in vars(c)], "@settings class", start)
    bounds = _only([c for c in dict.fromkeys(classes) if "__model_bounds__" in vars(c)], "@bounds class", start)
    check_defaults(settings, bounds, module)
    variables: dict[str, ir.Type] = {}
    wholes: dict[Any, list[str]] = {settings: [], bounds: []}
    for name, annotation in kinds.hints(state).items():
        if annotation in (settings, bounds) and annotation is not None:
            wholes[annotation].append(name)
        else:
            variables[name] = kinds.type_of(annotation, class_place(state), f"`{state.__name__}.{name}`", bounds)
    if not variables:
        raise ModelError(f"`{state.__name__}` has no variables", class_place(state), "annotate its attributes")
    if bounds is not None and not wholes[bounds]:
        hint = f"give the state an attribute `bounds: {bounds.__name__}`"
        raise ModelError(f"`{state.__name__}` does not say that it is within bounds", class_place(state), hint)
    return Vocabulary(state, settings, bounds, variables, tuple(wholes[settings]), tuple(wholes[bounds]))


def _only(found: list[Any], what: str, start: ir.Place | None) -> Any:
    if len(found) > 1:
        names = " and ".join(c.__name__ for c in found)
        raise ModelError(f"the model has more than one {what}: {names}", class_place(found[1]) or start, "keep one")
    return found[0] if found else None


def _signature(function: FunctionType, words: Vocabulary) -> tuple[Scope, list[tuple[str, ir.ScalarType]]]:
    """The scope of a marked function, and its parameters after the state."""
    node, annotations = definition(function), kinds.hints(function)
    at, kind = function_place(function), getattr(function, "__model_kind__", "")
    named = [*node.args.posonlyargs, *node.args.args]
    if not named or node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.args.defaults:
        hint = f"write def {function.__name__}(s: {words.state.__name__}, n: Node, ...), without * and defaults"
        raise ModelError(f"`{function.__name__}` takes the state and plain parameters", at, hint)
    first, *others = [a.arg for a in named]
    if annotations.get(first) is not words.state:
        hint = f"write {first}: {words.state.__name__}"
        raise ModelError(f"the first parameter of `{function.__name__}` must be the state", at, hint)
    wanted = type(None) if kind in ("action", "initial") else bool
    if annotations.get("return", wanted) is not wanted:
        word = "None" if wanted is not bool else "bool"
        raise ModelError(f"`{function.__name__}`, an {kind}, must return {word}", at, f"write -> {word}")
    scope = Scope(function, words, Step(), {first: Whole("state")})
    parameters: list[tuple[str, ir.ScalarType]] = []
    for name in others:
        if name not in annotations:
            raise ModelError(f"`{name}` of `{function.__name__}` has no type", at, f"annotate it: {kinds.SCALARS}")
        scalar = kinds.scalar_of(annotations[name], at, f"`{name}` of `{function.__name__}`", words.bounds)
        parameters.append((name, scalar))
        scope.names[name] = ir.Local(scalar, at, scope.step.fresh(name))
    return scope, parameters


def _step(function: FunctionType, words: Vocabulary) -> ir.Step:
    scope, parameters = _signature(function, words)
    body = block(definition(function).body, scope)
    at = function_place(function)
    fair, outside = (
        getattr(function, f"__model_{name}__", default) for name, default in (("fair", True), ("outside", False))
    )
    return ir.Step(function.__name__, doc(function), tuple(parameters), body, at, function, fair, outside)


def _property(function: FunctionType, words: Vocabulary) -> ir.Property:
    scope, parameters = _signature(function, words)
    at, kind = function_place(function), function.__model_kind__  # type: ignore[attr-defined]
    if parameters:
        hint = "a property speaks of the state alone: quantify with all/any over its keys"
        raise ModelError(f"`{function.__name__}`, an {kind}, takes only the state", at, hint)
    fixed = getattr(function, "__model_fixed__", ())
    for name in fixed:
        if words.bounds is None or not hasattr(words.bounds(), name):
            hint = "`fixed` names bounds of the model"
            raise ModelError(f"`{function.__name__}` is said of a bound that the model does not have: {name}", at, hint)
    return ir.Property(function.__name__, kind, doc(function), returned(scope), at, function, fixed)

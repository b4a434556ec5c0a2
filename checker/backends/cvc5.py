"""SMT-LIB 2 given to cvc5, a solver that shares nothing with Z3."""

from __future__ import annotations

from typing import Literal, TypeAlias

Answer: TypeAlias = Literal["unsat", "sat", "unknown"]

STRATEGIES: tuple[dict[str, str], ...] = ({}, {"enum-inst": "true"})
"""Options, one set after the other until one decides: instantiation by patterns alone is fastest and misses some."""

DENIED = '(error "Expected result unsat but got sat")'
"""What cvc5 says where it finds a state and the script's `:status` says there is none."""


def answer(text: str, seconds: float) -> Answer:
    """Whether some state satisfies a script with one `check-sat`, within so many seconds for each strategy.

    Raises `ImportError` where cvc5 is not installed, and `RuntimeError` for a text that it cannot read.
    """
    for options in STRATEGIES:
        found = _asked(text, {"tlimit-per": str(max(1, int(seconds * 1000))), **options})
        if found != "unknown":
            return found
    return "unknown"


def _asked(text: str, options: dict[str, str]) -> Answer:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    for name, value in options.items():
        solver.setOption(name, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    symbols, said = parser.getSymbolManager(), []
    while not (command := parser.nextCommand()).isNull():
        said.append(str(command.invoke(solver, symbols)).strip())
    if DENIED in said:
        return "sat"
    answers: list[Answer] = [word for word in ("unsat", "sat") if word in said]
    return answers[0] if len(answers) == 1 else "unknown"

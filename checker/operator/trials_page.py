"""Trials as a page: what preflight said against what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from checker.operator.decision import Decision
from checker.operator.trial import CANNOT_TELL, Trial
from checker.postgres.outcomes import Outcome

COMMAND = "checker preflight --report reports"

DECISIONS = (*map(str, Decision), CANNOT_TELL)


def _column(trial: Trial) -> str:
    return trial.decision.partition(",")[0]


def cross_table(trials: Sequence[Trial]) -> list[str]:
    """Decisions down, outcomes across, and how often."""
    counts = Counter((_column(trial), trial.outcome) for trial in trials)
    outcomes = [name for name in (*map(str, Outcome), "failed") if any(trial.outcome == name for trial in trials)]
    lines = [f"| preflight said | {' | '.join(outcomes)} | all |", "|---|" + "---|" * (len(outcomes) + 1)]
    for decision in DECISIONS:
        row = [counts[decision, outcome] for outcome in outcomes]
        if sum(row):
            lines.append(f"| `{decision}` | {' | '.join(str(n) if n else '-' for n in row)} | {sum(row)} |")
    return lines


def page(
    scenarios: Sequence[Trial],
    random: Sequence[Trial],
    problems: Sequence[str],
    version: str,
    asked: str,
    clean: Callable[[str], str],
) -> str:
    """The page. `problems`: trials that could not be carried out, one line each."""
    both = [*scenarios, *random]
    wrong = [trial for trial in both if trial.false_comes_back or trial.false_rewind]
    cautious = [trial for trial in both if trial.too_cautious]
    rewound = [trial for trial in both if trial.rewound]
    coming = sum(trial.decision in (Decision.COMES_BACK, Decision.AFTER_CUT) for trial in random)
    kept = [trial for trial in scenarios if trial.decision.startswith(str(Decision.AFTER_CUT))]
    lines = [
        "# What preflight says, and what then happens",
        "",
        f"Made by `{asked}`, on PostgreSQL {version}.",
        "",
        "Before the old primary is started, preflight looks at it and at the new primary. Then the old primary is "
        "started: as it is where preflight says that it comes back; after `--cut` where it says so; and where it "
        "refuses both, after a cut all the same, to see whether it was more cautious than needed. Data is compared row "
        "by row, with places and transaction numbers, page by page, and by commit status. In the scenarios nothing is "
        "cut but by the scenario itself.",
        "",
        f'- **false "comes back": {len(wrong)}** of {len(both)} trials '
        f"({len(scenarios)} scenarios, {len(random)} random ones, of which {coming} came back as preflight said).",
        f"- more cautious than needed: {len(cautious)}. Nothing was wrong there that this comparison sees.",
        f"- pg_rewind where preflight says that it is needed and possible: {len(rewound)} times run, "
        f"{sum(trial.rewound == Outcome.IDENTICAL for trial in rewound)} times the data were identical then.",
        f"- not carried out: {len(problems)}.",
        "",
        "## Scenarios",
        "",
        *cross_table(scenarios),
        "",
        f"{len(kept)} scenarios keep the tail that preflight proposes to cut; they are refused, as it says.",
        "",
        "## Random trials",
        "",
        *cross_table(random),
        "",
        "## What made it refuse, and was not needed",
        "",
        *[f"- {count} times: {reason}" for reason, count in Counter(trial.reason for trial in cautious).most_common()],
        "",
    ]
    if wrong:
        lines += ["## Wrong", "", *[line for trial in wrong for line in _details(trial, clean)], ""]
    if problems:
        lines += ["## Not carried out", "", *[f"- {clean(problem)}" for problem in problems], ""]
    lines += [
        "## Every trial",
        "",
        "| trial | what was done | preflight | started | outcome |",
        "|---|---|---|---|---|",
    ]
    for trial in both:
        after = f"; after pg_rewind: {trial.rewound}" if trial.rewound else ""
        said = trial.decision if not trial.reason else f"{trial.decision}: {clean(trial.reason)}"
        lines.append(
            f"| {trial.name} | {_cell(', '.join(trial.done))} | {_cell(said)} | {_cell(clean(trial.tried))} | "
            f"{trial.outcome}{_cell(clean(after))} |"
        )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("| ", "").replace(" |", "").replace("|", "")


def _details(trial: Trial, clean: Callable[[str], str]) -> list[str]:
    said = f"- {trial.name}: preflight said {trial.decision} ({clean(trial.reason)}), tried {clean(trial.tried)}: "
    return [f"{said}{trial.outcome}", *[f"    - `{clean(line)}`" for line in trial.evidence]]

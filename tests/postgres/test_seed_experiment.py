"""The experiment of 2013 on a server of today."""

from checker.postgres.seed_experiment import run_experiment
from checker.report.experiment import page


def test_every_step_ends_as_the_model_says(programs):
    told = []
    rows = run_experiment(programs, told.append)
    assert [row.step for row in rows if not row.same] == []
    assert told == rows
    assert [row.step for row in rows if row.step.startswith("coming back")] == [
        f"coming back, tail: {tail}" for tail in ("keep", "cut", "copy", "delete", "cut_late")
    ]
    titles = [row.evidence for row in rows if row.step.startswith("CHECKPOINT")]
    assert titles[0].startswith("checkpointer waiting for 0/")
    text = page({"99.1": rows})
    assert "| CHECKPOINT with the standby away |" in text
    assert "**" not in text.replace("**Bold**", "")

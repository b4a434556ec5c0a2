"""The view of a model: what it may name, and what it gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checker.view import Arrow, Sight, Spot, ViewError
from model.drawing import Mark, Message, View
from tests.draw.replication import FAILOVER, VIEW, Node, Page, behaviour, grounded

MODEL = grounded()


class Stranger(Page, size=2):
    """A sort that keys nothing."""


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (View(Stranger), "lifeline Stranger keys no variable"),
        (replace(VIEW, role="rôle"), "no variable 'rôle'"),
        (replace(VIEW, ruler={"end": "wal_ends"}), "no variable 'wal_ends'; did you mean wal_end"),
        (replace(VIEW, ticks={"page": "disk"}), "disk holds records: write disk.lsn"),
        (replace(VIEW, ticks={"page": "disk.lns"}), "no field of disk 'lns'; did you mean lsn"),
        (replace(VIEW, ruler={"end": "wal_end.lsn"}), "no field of wal_end 'lsn'"),
        (replace(VIEW, colors={"PRIMARY": "purple"}), "no color 'purple'"),
        (replace(VIEW, colors={"KING": "blue"}), "no role 'KING'"),
        (replace(VIEW, marks={"fork": Mark("fork", once="newest")}), "no variable 'newest'"),
        (replace(VIEW, messages={"recieve": Message("n", "n")}), "no action 'recieve'; did you mean receive"),
        (replace(VIEW, messages={"receive": Message("m", "n")}), "receive: no parameter or variable 'm'"),
        (replace(VIEW, messages={"receive": Message("n", "n", carries="bytes")}), "no variable 'bytes'"),
    ],
)
def test_a_name_that_is_not_there_is_refused(view: View, message: str) -> None:
    with pytest.raises(ViewError, match=message):
        Sight(MODEL, view)


def test_roles_left_out_get_colours_that_no_other_has() -> None:
    sight = Sight(MODEL, replace(VIEW, colors={"PRIMARY": "green"}))
    colors = [role.color for role in sight.roles()]
    assert colors[0] == "green"
    assert len(set(colors)) == 4


def end_of(trace: Any) -> Any:
    return trace.states[-1]


def test_positions_of_zero_are_left_out() -> None:
    trace = behaviour(MODEL, FAILOVER[:5])
    sight = Sight(trace.grounded)
    assert sight.positions(end_of(trace), 0) == [Spot("WAL end", 1), Spot("flushed", 1), Spot("acknowledged", 1)]
    assert sight.positions(trace.states[0], 0) == []
    assert sight.extent(end_of(trace), 1) == 1


def test_ticks_are_labelled_by_their_further_keys() -> None:
    trace = behaviour(MODEL, FAILOVER)
    assert Sight(trace.grounded).ticks(end_of(trace), 0) == [Spot("page p1", 3), Spot("page p2", 2)]


@pytest.mark.parametrize(
    ("mark", "step", "expected"),
    [
        (Mark("fork", once="latest"), 0, []),
        (Mark("fork", once="latest"), 9, [Spot("fork 2", 1)]),
        (Mark("fork"), 9, [Spot("fork 2", 1)]),
        (Mark("wal_end"), 1, [Spot("fork A", 1)]),
        (Mark("flushed", once="role"), 0, [Spot("fork B", 0)]),  # keyed alike: counts where it is not the first value
        (Mark("latest", once="latest"), 9, [Spot("fork", 2)]),
    ],
)
def test_when_a_mark_counts(mark: Mark, step: int, expected: list[Spot]) -> None:
    trace = behaviour(MODEL, FAILOVER)
    sight = Sight(trace.grounded, replace(VIEW, marks={"fork": mark}))
    assert sight.marks(trace.states[0], trace.states[step]) == expected


def arrow(message: Message, step: int) -> Arrow | None:
    trace = behaviour(MODEL, FAILOVER)
    action = trace.actions[step]
    sight = Sight(trace.grounded, replace(VIEW, messages={action.name: message}))
    return sight.arrow(action, trace.states[step], trace.states[step + 1])


def test_a_message_goes_between_parameters() -> None:
    assert arrow(Message("upstream", "n", "WAL to", "wal_end"), 2) == Arrow(0, 1, "WAL to 1")
    assert arrow(Message("n", "upstream"), 4) == Arrow(1, 0, "reply")


def test_a_message_to_oneself_is_none() -> None:
    assert arrow(Message("n", "n"), 2) is None


def test_the_end_of_a_message_may_be_a_variable() -> None:
    """`acked[B]` is 0 before the reply, which is node A: the engine does not care what the number was meant to be."""
    assert arrow(Message("n", "acked", "told"), 4) == Arrow(1, 0, "told")


def test_lifelines_that_take_part() -> None:
    trace = behaviour(MODEL, FAILOVER)
    sight = Sight(trace.grounded)
    assert sight.taking_part(trace.actions[2]) == [1, 0]
    assert sight.taking_part(trace.actions[0]) == [0]
    assert Sight(trace.grounded, View(Node)).role(trace.states[0], 0) is None

"""The mode is switched on while the primary runs: what was written before waited for nobody.

A reload of the configuration (SIGHUP) makes data wait from one moment to the next.  What is on the disk by then may be
ahead of the standby; an interlock is an operator, or a server, who does not call the mode on before that is made up.
"""

from __future__ import annotations

from model.language import action, require
from model.settings import Ack, Mode, SwitchedOn
from model.state import State
from model.vocabulary import Node, Role


def relied_on(s: State) -> bool:
    """Whoever fails over does so because the mode is on; without a mode there is nothing to rely on."""
    return s.settings.switched_on == SwitchedOn.AT_START or s.settings.mode == Mode.COMMIT or s.relied_on


@action(outside=True)
def switch_on(s: State, n: Node) -> None:
    """The operator switches the mode on, and without an interlock relies on it at once."""
    # Once, while the primary is open.
    require(s.settings.switched_on != SwitchedOn.AT_START and s.settings.mode != Mode.COMMIT and not s.switched)
    require(s.role[n] == Role.PRIMARY)
    s.switched = True
    if s.settings.switched_on == SwitchedOn.WITH_INTERLOCK:
        s.interlock = s.wal_end[n]
    else:
        s.relied_on = True


@action(outside=True)
def rely_on_mode(s: State, n: Node) -> None:
    """The operator relies on the mode once the standby has acknowledged all that was inserted when it was switched on.

    All that was written until then is up to there: a page, a status or a removal goes to disk after its record.
    """
    # Once, after the reload, while the primary is open.
    require(s.settings.switched_on == SwitchedOn.WITH_INTERLOCK and s.switched and not s.relied_on)
    require(s.role[n] == Role.PRIMARY)
    require(s.interlock <= (s.acknowledged[n].write if s.settings.ack == Ack.WRITE else s.acknowledged[n].flush))
    s.relied_on = True

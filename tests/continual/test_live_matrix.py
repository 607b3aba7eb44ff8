"""The matrices that fill while a run goes on are those of its result, and show names as text."""

import io
import re

import polars as pl
import pytest

from workbench.continual import LiveMatrix, Progress, naive, replay, run


def test_after_a_run_it_shows_the_means_of_the_result(stream, recipe):
    live = LiveMatrix(io.StringIO())
    result = run(stream, [naive(), replay(20, rows=8)], seeds=2, recipe=recipe, progress=live)
    tables = re.findall(r"<table.*?</table>", live.html)
    assert len(tables) == 2
    for table in tables:
        name = re.search(r"<caption[^>]*>([^,<]+), 2 seeds", table)[1]
        means = result.matrix.filter(strategy=name).group_by("step", "task").agg(pl.col("accuracy").mean())
        wanted = [f"{value:.3f}" for value in means.sort("step", "task")["accuracy"]]
        assert re.findall(r'title="([\d.]+)"', table) == wanted


def test_cells_of_tasks_yet_to_come_are_empty_and_a_diverged_seed_adds_nothing():
    live = LiveMatrix(io.StringIO())
    live(Progress(1, 4, "naive", 0, 0, (1.0, 0.5)))
    live(Progress(1, 4, "naive", 0, 1, (), share=0.5))
    live(Progress(3, 4, "naive", 1, 0, (), share=1.0))
    assert re.findall(r'title="([\d.]+)"', live.html) == ["1.000", "0.500"]
    assert live.html.count("<td") == 4
    assert "1 seed:" in live.html


def test_names_are_text_and_many_strategies_are_counted():
    live = LiveMatrix(io.StringIO())
    for number in range(14):
        live(Progress(number, 20, f"<b>{number}</b>", 0, 0, (0.2,)))
    assert "&lt;b&gt;0&lt;/b&gt;" in live.html
    assert "<b>" not in live.html
    assert live.html.count("<table") == 12
    assert "and 2 more strategies" in live.html


def test_more_tasks_than_figures_fit_are_shades_alone():
    live = LiveMatrix(io.StringIO())
    live(Progress(1, 30, "naive", 0, 0, tuple(0.1 for _ in range(15))))
    assert "10</td>" not in live.html
    assert live.html.count('title="0.100"') == 15


def test_it_is_drawn_seldom_and_always_at_the_end():
    file = io.StringIO()
    live = LiveMatrix(file)
    for done in range(1, 201):
        live(Progress(done, 200, "naive", 0, 0, (1.0,)))
    lines = file.getvalue().strip("\r").split("\r")
    assert len(lines) < 20
    assert "200/200 tasks" in lines[-1]


@pytest.mark.parametrize("tasks", [1, 5])
def test_before_the_first_task_there_is_no_matrix(tasks):
    live = LiveMatrix(io.StringIO())
    live(Progress(0, tasks, "naive", 0, 0, (), share=0.1))
    assert "<table" not in live.html

"""Laws of the progress bar."""

from workbench.widgets import ProgressBar
from workbench.widgets.progress import progress_html, progress_text


def test_it_shows_the_first_the_last_and_at_most_ten_a_second():
    shown, now = [], [0.0]

    def show(bundle):
        shown.append(bundle)
        return shown.append

    bar = ProgressBar(show, clock=lambda: now[0])
    for done in range(1, 1001):
        now[0] += 0.002
        bar(done, 1000, 0.0)
    assert 20 <= len(shown) <= 23
    assert shown[0]["text/plain"].startswith("1 of 1,000")
    assert shown[-1]["text/plain"].startswith("1,000 of 1,000 answers, $0, 2 s")


def test_an_unknown_cost_is_said():
    assert "unknown cost" in progress_text(1, 2, None, 1.0)


def test_the_bar_is_labelled():
    html = progress_html(1, 4, 0.0, 1.0)
    assert 'max="4" value="1"' in html
    assert "aria-label" in html


def test_outside_a_notebook_only_the_end_is_shown(capsys):
    bar = ProgressBar()
    bar(1, 2, 0.0)
    assert capsys.readouterr().out == ""
    bar(2, 2, 0.0)
    assert "2 of 2 answers" in capsys.readouterr().out

"""JupyterLab and Notebook 7 in Chromium with the installed extension: the Galata tests of `extension/ui-tests`."""

import shlex
import warnings

import pytest

VIEWS = {
    "": "light dark",
    "traces-": "light dark contrast",
    "traces-filter-": "light",
    "traces-compared-": "dark",
    "traces-tried-": "light",
    "dashboard-": "light dark",
    "evaluation-": "light",
    "learning-": "dark",
    "trace-": "light dark",
}
SCREENSHOTS = [f"{view}{theme}.png" for view, themes in VIEWS.items() for theme in themes.split()]


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_extension_in_jupyterlab(in_chromium, language_pack):
    in_chromium(SCREENSHOTS, seconds=840, PYTHONPATH=str(language_pack))


@pytest.mark.browser
@pytest.mark.timeout(420)
def test_the_extension_in_notebook_7_and_where_nothing_may_be_written(in_chromium, powerless):
    if powerless is None:
        warnings.warn("permission bits do not hold here: nothing was tried in a folder without the right", stacklevel=1)
    in_chromium(
        ["notebook7-light.png", "notebook7-dark.png"],
        seconds=360,
        WORKBENCH_APP="notebook",
        WORKBENCH_BITS_HOLD="" if powerless is None else "1",
        WORKBENCH_SERVER_AS=shlex.join(powerless or []),
        WORKBENCH_TESTS="notebook7",
    )

"""Errors say what was given, what is allowed and what to do."""

from workbench.errors import CapabilityError, ModelError, WorkbenchError, nearest


def test_a_hint_stands_after_a_blank_line():
    assert str(WorkbenchError("Wrong.", hint="do this")) == "Wrong.\n\nHint: do this"
    assert str(WorkbenchError("Wrong.")) == "Wrong."


def test_a_notebook_shows_the_message_and_no_traceback():
    assert ModelError("Unknown.", hint="x")._render_traceback_() == ["ModelError: Unknown.", "", "Hint: x"]


def test_a_model_error_carries_the_kind_that_is_stored():
    assert ModelError("No.", kind="rate_limit").kind == "rate_limit"
    assert CapabilityError("No.").kind == "capability"


def test_nothing_near_gives_no_suggestion():
    assert nearest("zzz", ["pocket"]) == ""

"""What a notebook was called before."""

from workbench.server.renames import Renames


def renamed(*pairs):
    renames = Renames()
    for old, new in pairs:
        renames.add(old, new)
    return renames


def test_a_notebook_that_was_never_renamed_has_one_name():
    assert renamed(("a", "b")).names("c") == ["c"]


def test_names_are_followed_back_through_files_and_folders():
    assert renamed(("a", "x/b"), ("x", "y"), ("other", "c")).names("y/b") == ["y/b", "x/b", "a"]


def test_a_new_notebook_under_a_name_that_was_given_up_has_no_past():
    assert renamed(("a", "b"), ("b", "c")).names("b") == ["b"]


def test_a_folder_is_not_a_prefix_of_a_name():
    assert renamed(("x", "y")).names("yes/b") == ["yes/b"]

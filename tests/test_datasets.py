"""Shipped data sets are found by name."""

import pytest

from workbench.datasets import dataset_names, dataset_path
from workbench.errors import DataError


def test_every_shipped_data_set_has_a_card():
    assert dataset_names()
    for name in dataset_names():
        card = (dataset_path(name) / "README.md").read_text(encoding="utf-8")
        assert "licence" in card.lower(), name


def test_an_unknown_data_set_is_refused_with_the_nearest_name():
    with pytest.raises(DataError, match="Did you mean 'digits'"):
        dataset_path("digit")

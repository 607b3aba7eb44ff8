"""The handwritten digits that come with the workbench."""

from __future__ import annotations

import numpy as np

from workbench.continual.streams.labelled import Labelled
from workbench.datasets import dataset_path

__all__ = ["digits"]


def digits() -> Labelled:
    """1,797 handwritten digits of 8 × 8 pixels, flattened, grey levels from 0 to 1.

    Example:
        >>> digits().x.shape
        (1797, 64)

    Reference:
        Ethem Alpaydin and Cenk Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
        1998; the copy in scikit-learn. See `datasets/digits/README.md`.
    """
    with np.load(dataset_path("digits") / "digits.npz", allow_pickle=False) as file:
        x, y = file["x"], file["y"]
    return Labelled(
        x.astype(np.float32) / 16,
        y,
        name="digits",
        source="https://archive.ics.uci.edu/dataset/80, test part, as copied in scikit-learn 1.9.1",
    )

"""Statistics of evaluations: intervals, paired differences and tests."""

from workbench.evaluate.statistics.bootstrap import paired_bootstrap
from workbench.evaluate.statistics.clustered import clustered_proportion
from workbench.evaluate.statistics.mcnemar import mcnemar
from workbench.evaluate.statistics.newcombe import newcombe_paired
from workbench.evaluate.statistics.sign_flip import sign_flip
from workbench.evaluate.statistics.wilson import Interval, wilson

__all__ = ["Interval", "clustered_proportion", "mcnemar", "newcombe_paired", "paired_bootstrap", "sign_flip", "wilson"]

"""What methods are written with: sample several replies, count votes, run a loop of tool calls."""

from workbench.methods.primitives.conclusion import conclude
from workbench.methods.primitives.sampling import draw_seed, sample
from workbench.methods.primitives.tool_loop import Step, tool_loop
from workbench.methods.primitives.voting import Tally, ballot, vote

__all__ = ["Step", "Tally", "ballot", "conclude", "draw_seed", "sample", "tool_loop", "vote"]

"""Streams: labelled arrays cut into a sequence of tasks, seeded and content-hashed."""

from workbench.continual.streams.digits import digits
from workbench.continual.streams.labelled import Labelled
from workbench.continual.streams.split import split
from workbench.continual.streams.stream import Part, Stream, stream_of

__all__ = ["Labelled", "Part", "Stream", "digits", "split", "stream_of"]

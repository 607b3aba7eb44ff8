"""Methods that only prompt: no tools, no search."""

__all__: list[str] = []

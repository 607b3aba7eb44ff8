"""Methods that call tools."""

__all__: list[str] = []

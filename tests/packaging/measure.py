"""Executes a notebook and prints its seconds and the peak memory of its kernel, as one line of JSON."""

import json
import sys
import time

import nbformat
from nbclient import NotebookClient

PEAK = """
import resource, sys
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def main() -> None:
    """Appends a cell that asks for the peak, and runs all."""
    notebook = nbformat.read(sys.argv[1], as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    began = time.perf_counter()
    NotebookClient(notebook, timeout=300).execute()
    seconds = time.perf_counter() - began
    peak = int(notebook.cells[-1].outputs[0].text)
    print(json.dumps({"seconds": round(seconds, 1), "peak_mib": round(peak / 2**20, 1)}))


if __name__ == "__main__":
    main()

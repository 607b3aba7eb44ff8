"""MLflow's page of a trace of a thousand spans; run by a Python that has it: `python mlflow_page.py FOLDER SPANS`.

Prints one JSON object when the page can be opened, and ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"

import mlflow  # type: ignore[import-not-found]
from serving import free_port, served

folder, spans = Path(sys.argv[1]), int(sys.argv[2])
database = f"sqlite:///{folder / 'mlflow.db'}"
mlflow.set_tracking_uri(database)
experiment = mlflow.create_experiment("panel", artifact_location=str(folder / "artifacts"))
mlflow.set_experiment("panel")
with mlflow.start_span(name="invoke_agent", span_type="AGENT") as root:
    root.set_inputs({"question": "What is 2 + 2?"})
    for tool in range((spans - 1) // 11):
        with mlflow.start_span(name="execute_tool", span_type="TOOL"):
            for call in range(10):
                with mlflow.start_span(name="chat", span_type="CHAT_MODEL") as span:
                    span.set_inputs({"messages": [{"role": "user", "content": f"question {tool} {call}"}]})
                    span.set_outputs({"choices": [{"message": {"role": "assistant", "content": "Four."}}]})
    root.set_outputs({"answer": "Four."})
trace = root.trace_id

port = free_port()
command = [
    sys.executable,
    "-m",
    "mlflow",
    "server",
    "--backend-store-uri",
    database,
    "--port",
    str(port),
    "--workers=1",
]
with served(command, f"http://127.0.0.1:{port}/health", folder / "mlflow.log"):
    address = f"http://127.0.0.1:{port}/#/experiments/{experiment}/traces"
    page = {"warm": address, "url": f"{address}?selectedEvaluationId={trace}", "text": "execute_tool"}
    print(json.dumps({"version": mlflow.__version__, **page}), flush=True)
    sys.stdin.read()

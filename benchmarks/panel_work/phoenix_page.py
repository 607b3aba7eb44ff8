"""Phoenix's page of a trace of a thousand spans; run by a Python that has it: `python phoenix_page.py FOLDER SPANS`.

Prints one JSON object when the page can be opened, and ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found]
    OTLPSpanExporter,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from serving import free_port, served

folder, spans = Path(sys.argv[1]), int(sys.argv[2])
environment = {
    **os.environ,
    "PHOENIX_PORT": str(free_port()),
    "PHOENIX_GRPC_PORT": str(free_port()),
    "PHOENIX_HOST": "127.0.0.1",
    "PHOENIX_WORKING_DIR": str(folder),
    "PHOENIX_TELEMETRY_ENABLED": "false",
}
url = f"http://127.0.0.1:{environment['PHOENIX_PORT']}"


def asked(query: str) -> Any:
    """What its GraphQL says."""
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request, timeout=30).read())["data"]


command = [sys.executable, "-m", "phoenix.server.main", "serve"]
with served(command, f"{url}/healthz", folder / "phoenix.log", environment=environment):
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
    tracer = provider.get_tracer("panel")
    kind = "openinference.span.kind"
    with tracer.start_as_current_span("invoke_agent", attributes={kind: "AGENT"}) as root:
        trace = f"{root.get_span_context().trace_id:032x}"
        for tool in range((spans - 1) // 11):
            with tracer.start_as_current_span("execute_tool", attributes={kind: "TOOL"}):
                for call in range(10):
                    said = {kind: "LLM", "input.value": f"question {tool} {call}", "output.value": "Four."}
                    with tracer.start_as_current_span("chat", attributes=said):
                        pass
    provider.force_flush()
    ready: list[Any] = []
    for _ in range(300):
        found = asked("{projects {edges {node {id name traceCount recordCount}}}}")["projects"]["edges"]
        ready = [one["node"] for one in found if (one["node"]["recordCount"] or 0) >= spans - 11]
        if ready:
            break
        time.sleep(0.2)
    project = ready[0]["id"]
    address = f"{url}/projects/{project}"
    page = {"warm": address, "url": f"{address}/traces/{trace}", "text": "execute_tool"}
    print(json.dumps({"version": version("arize-phoenix"), **page}), flush=True)
    sys.stdin.read()

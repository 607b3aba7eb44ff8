"""A provider on loopback that speaks OpenAI's wire format, and the official SDK that asks it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

KEY = "sk-test-0123456789abcdefghijklmnop"  # secret-shaped, and no one's
USAGE = {
    "prompt_tokens": 2000,
    "completion_tokens": 100,
    "total_tokens": 2100,
    "prompt_tokens_details": {"cached_tokens": 1500, "audio_tokens": 7},
    "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 3},
}


class Provider:
    """Answers every request with `answer`: a JSON body, or a list of server-sent events."""

    def __init__(self):
        self.answer, self.status = None, 200
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args):
                pass

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = server.answer(asked) if callable(server.answer) else server.answer
                streamed = isinstance(answer, list)
                events = "".join(f"data: {json.dumps(event)}\n\n" for event in answer) + "data: [DONE]\n\n"
                body = (events if streamed else json.dumps(answer)).encode()
                self.send_response(server.status)
                self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def says(self, text=None, calls=()):
        """A chat completion."""
        message = {"role": "assistant", "content": text}
        if calls:
            message["tool_calls"] = [
                {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
                for id, name, arguments in calls
            ]
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
        self.answer = self._completion("chat.completion", [choice]) | {"usage": USAGE}

    def streams(self, *pieces):
        """The same, in chunks, the last one with the usage."""
        deltas = [({"role": "assistant", "content": piece}, None) for piece in pieces] + [({}, "stop")]
        self.answer = [
            self._completion("chat.completion.chunk", [{"index": 0, "delta": delta, "finish_reason": reason}])
            for delta, reason in deltas
        ]
        self.answer.append(self._completion("chat.completion.chunk", []) | {"usage": USAGE})

    def responds(self, text):
        """An answer of the Responses API."""
        content = [{"type": "output_text", "text": text, "annotations": []}]
        message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
        self.answer = {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": "completed",
            "output": [message],
            "model": "gpt-5-mini-2025-08-07",
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": 2000,
                "output_tokens": 100,
                "total_tokens": 2100,
                "input_tokens_details": {"cached_tokens": 1500},
                "output_tokens_details": {"reasoning_tokens": 64},
            },
        }

    def embeds(self, *vector):
        """An answer of the embeddings API."""
        data = [{"object": "embedding", "index": 0, "embedding": list(vector)}]
        usage = {"prompt_tokens": 5, "total_tokens": 5}
        self.answer = {"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage}

    def fails(self, status, message):
        """An error."""
        self.status = status
        self.answer = {"error": {"message": message, "type": "error", "code": None, "param": None}}

    @staticmethod
    def _completion(kind, choices):
        return {
            "id": "chatcmpl-1",
            "object": kind,
            "created": 1,
            "model": "gpt-5-mini-2025-08-07",
            "choices": choices,
        }


@pytest.fixture
def provider(monkeypatch):
    server = Provider()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield server
    server.close()


@pytest.fixture
def client(provider):
    import openai

    with openai.OpenAI(max_retries=0) as client:
        yield client


@pytest.fixture
def key():
    return KEY

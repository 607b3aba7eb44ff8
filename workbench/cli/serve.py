"""`workbench serve`: models behind OpenAI's wire protocol, on this machine."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

__all__ = ["add_to"]


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the program."""
    parser = commands.add_parser("serve", help="a model for programs that speak OpenAI's protocol")
    parser.add_argument(
        "-m",
        "--model",
        action="append",
        help="as after %%%%llm -m, such as pocket:300k; may be given again (default pocket)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8642, help="0 takes a free one (default 8642)")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="the token; made where it is missing")
    parser.add_argument("--allow-remote", action="store_true", help="listen where other machines can ask")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    return asyncio.run(_serve(given))


async def _serve(given: argparse.Namespace) -> int:
    from workbench.models import open_model
    from workbench.models.serving.listening import listen, token_of

    token = token_of(given.token_file)
    models = {model.name: model for model in map(open_model, given.model or ["pocket"])}
    server, url = listen(models, token, given.host, given.port, allow_remote=given.allow_remote)
    print(f"Serving {', '.join(models)} at {url}; Ctrl-C ends it.")
    print(f"export OPENAI_BASE_URL={url}")
    if given.token_file is None:
        print(f"export OPENAI_API_KEY={token}", flush=True)
    else:
        print(f'export OPENAI_API_KEY="$(cat {given.token_file})"', flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        server.stop()
    return 0

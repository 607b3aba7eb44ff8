"""Train the pocket model: `python -m workbench.training.pocket --seed 0 --out workbench/models/pocket/weights`.

About 1.05 million parameters; the command, the seed and the figures of the shipped weights are in the model's card.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np

from workbench import traces
from workbench.messages import Json
from workbench.networks.chat_template import SPECIALS, ChatTemplate, render_call, render_tool
from workbench.networks.checkpoint import save_transformer
from workbench.networks.tokenizer import Tokenizer
from workbench.networks.transformer import Transformer, TransformerConfig
from workbench.training.curriculum.mixture import history, training_problem
from workbench.training.measure import held_out_accuracy
from workbench.training.packing import Batch, pack
from workbench.training.trainer import Progress, TrainingConfig, TrainingState, load_state, save_state, train

__all__ = ["CONFIG", "batch_of", "main", "train_tokenizer"]

CONFIG = TransformerConfig(
    vocabulary=1024, width=128, layers=5, heads=4, kv_heads=2, head_size=32, hidden=352, context=512
)
ROWS, LENGTH = 10, 192


def train_tokenizer(seed: int, problems: int = 6000) -> Tokenizer:
    """A tokenizer learned from training problems."""
    rng = np.random.default_rng([seed, 0])

    def texts() -> Iterator[str]:
        for _ in range(problems):
            problem = training_problem(rng)
            yield from (render_tool(tool) for tool in problem.tools)
            for message in history(problem):
                yield message.text
                yield from (render_call(call) for call in message.tool_calls)

    return Tokenizer.train(texts(), SPECIALS, CONFIG.vocabulary)


def batch_of(template: ChatTemplate, seed: int, step: int) -> Batch:
    """The training batch of a step: drawn from the seed and the step's number alone."""
    rng = np.random.default_rng([seed, 1, step])

    def examples() -> Iterator[tuple[list[int], list[bool]]]:
        while True:
            problem = training_problem(rng)
            yield template.example(history(problem), problem.tools)

    return pack(examples(), ROWS, LENGTH, template.pad)[0]


class _Record:
    """What a run has used so far, kept beside its checkpoint so that an interrupted run's record is whole."""

    def __init__(self, path: Path, options: argparse.Namespace, *, resumed: bool) -> None:
        self.path = path
        before: dict[str, Json] = json.loads(path.read_text(encoding="utf-8")) if resumed and path.exists() else {}
        self._seconds, self._tokens = before.get("seconds", 0.0), before.get("tokens", 0)
        self._started = time.time()
        command = f"python -m workbench.training.pocket --seed {options.seed} --steps {options.steps}"
        machine = f"{os.cpu_count()} cores, {platform.machine()}, {jax.default_backend()}"
        sessions = before.get("sessions", 0) + 1
        self.body: dict[str, Json] = {"command": command, "seed": options.seed, "steps": 0, "machine": machine}
        self.body["sessions"] = sessions

    def update(self, steps: int, tokens: int) -> None:
        """Count the steps done in all, and the tokens of this session."""
        self.body["steps"] = steps
        self.body["tokens"] = self._tokens + tokens
        self.body["seconds"] = round(self._seconds + time.time() - self._started, 1)

    def write(self) -> None:
        """Write the record beside the weights."""
        self.path.write_text(json.dumps(self.body, indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    options = _parser().parse_args(arguments)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    started = time.time()
    tokenizer = train_tokenizer(options.seed)
    template = ChatTemplate(tokenizer)
    tokenizer.save(out / "tokenizer.json")
    model = Transformer.init(CONFIG, jax.random.key(options.seed))
    config = TrainingConfig(steps=options.steps)
    checkpoint: Path = options.checkpoint or out / "training_state.eqx"
    state = load_state(model, config, checkpoint) if checkpoint.exists() and not options.restart else None
    record = _Record(out / "training.json", options, resumed=state is not None)
    first = 0 if state is None else int(state.step)
    say = sys.stdout.write
    say(f"{sum(leaf.size for leaf in jax.tree.leaves(model)):,} parameters, steps {first} to {options.steps}\n")
    measured = time.time()

    def save(state: TrainingState) -> None:
        save_state(state, checkpoint)
        special = {f"{name}_token_id": tokenizer.special(token) for name, token in _ENDS.items()}
        save_transformer(state.model, out, "float16", **special)
        record.write()

    with contextlib.ExitStack() as stack:
        run = None
        if options.store:
            traces.use(options.store)
            chosen = {"steps": options.steps, "rate": config.rate, "rows": ROWS, "length": LENGTH}
            run = stack.enter_context(traces.run("training", "pocket", parameters=chosen, seed=options.seed))

        def report(progress: Progress, state: TrainingState) -> None:
            nonlocal measured
            record.update(progress.step, progress.tokens)
            speed = progress.tokens / progress.seconds
            say(f"{time.time() - started:7.0f} s  step {progress.step:6d}  loss {progress.loss:.4f}  {speed:,.0f} /s\n")
            figures = {"loss": progress.loss, "tokens_per_second": speed}
            if time.time() - measured > 60 * options.measure_minutes:
                save(state)
                accuracy = held_out_accuracy(state.model, template, count=options.measure_count)
                say(
                    "           held out  "
                    + "  ".join(f"{task} {value:.3f}" for task, value in accuracy.items())
                    + "\n"
                )
                figures |= {f"held_out_{task}": value for task, value in accuracy.items()}
                measured = time.time()
            if run:
                for name, value in figures.items():
                    run.metric(name, value, step=progress.step)
            sys.stdout.flush()

        until = started + 60 * options.minutes if options.minutes else None
        state = train(
            model,
            lambda step: batch_of(template, options.seed, step),
            config,
            state=state,
            every=options.every,
            report=report,
            until=until,
        )
        save(state)
    say(json.dumps({"name": "pocket_training", **record.body}) + "\n")


_ENDS = {"bos": "<|begin|>", "eos": "<|end|>", "pad": "<|pad|>"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m workbench.training.pocket", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the data (default 0)")
    parser.add_argument("--steps", type=int, default=5000, help="updates (default 5000)")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes, wherever the run is")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights, config and tokenizer")
    parser.add_argument("--checkpoint", type=Path, help="state to resume from (default OUT/training_state.eqx)")
    parser.add_argument("--restart", action="store_true", help="begin again although there is a state")
    parser.add_argument("--store", type=Path, help="trace store in which to record the run and its metrics")
    parser.add_argument("--every", type=int, default=100, help="steps between lines of progress (default 100)")
    parser.add_argument("--measure-minutes", type=float, default=4.0, help="minutes between held-out measurements")
    parser.add_argument("--measure-count", type=int, default=200, help="held-out problems of a family (default 200)")
    return parser


if __name__ == "__main__":
    main()

"""Train the pocket model: `python -m workbench.training.pocket --seed 0 --out workbench/models/pocket/weights`.

About 1.05 million parameters; the command, the seed and the figures of the shipped weights are in the model's card.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np

from workbench.networks.chat_template import SPECIALS, ChatTemplate, render_call, render_tool
from workbench.networks.checkpoint import save_transformer
from workbench.networks.tokenizer import Tokenizer
from workbench.networks.transformer import Transformer, TransformerConfig
from workbench.training.curriculum.mixture import history, training_problem
from workbench.training.measure import held_out_accuracy
from workbench.training.packing import Batch, pack
from workbench.training.trainer import Progress, TrainingConfig, TrainingState, load_state, save_state, train

__all__ = ["CONFIG", "examples", "main", "train_tokenizer"]

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


def examples(template: ChatTemplate, seed: int, step: int) -> Iterator[tuple[list[int], list[bool]]]:
    """The endless training conversations of a step."""
    rng = np.random.default_rng([seed, 1, step])
    while True:
        problem = training_problem(rng)
        yield template.example(history(problem), problem.tools)


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
    checkpoint = options.checkpoint or out / "training_state.eqx"
    state = load_state(model, config, checkpoint) if checkpoint.exists() and not options.restart else None
    say = sys.stdout.write
    say(f"{sum(leaf.size for leaf in jax.tree.leaves(model)):,} parameters, {options.steps} steps\n")
    deadline = started + 60 * options.minutes if options.minutes else None
    last_measure = time.time()

    def batch_of(step: int) -> Batch:
        return pack(examples(template, options.seed, step), ROWS, LENGTH, template.pad)[0]

    def report(progress: Progress, state: TrainingState) -> None:
        nonlocal last_measure
        say(
            f"{time.time() - started:7.0f} s  step {progress.step:6d}  loss {progress.loss:.4f}  "
            f"{progress.tokens / progress.seconds:,.0f} tokens/s\n"
        )
        if time.time() - last_measure > 60 * options.measure_minutes:
            save_state(state, checkpoint)
            save(state)
            figures = held_out_accuracy(state.model, template, count=options.measure_count)
            say("           held out  " + "  ".join(f"{name} {value:.3f}" for name, value in figures.items()) + "\n")
            last_measure = time.time()
        sys.stdout.flush()

    def save(state: TrainingState) -> None:
        save_transformer(
            state.model,
            out,
            "float16",
            bos_token_id=tokenizer.special("<|begin|>"),
            eos_token_id=tokenizer.special("<|end|>"),
            pad_token_id=tokenizer.special("<|pad|>"),
        )

    state = train(model, batch_of, config, state=state, every=options.every, report=report, until=deadline)
    save_state(state, checkpoint)
    save(state)
    seconds = time.time() - started
    record = {
        "command": f"python -m workbench.training.pocket --seed {options.seed} --steps {options.steps}",
        "seed": options.seed,
        "steps": int(state.step),
        "seconds": round(seconds, 1),
        "machine": f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}, {jax.default_backend()}",
    }
    (out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    say(json.dumps({"name": "pocket_training", **record}) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m workbench.training.pocket", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the data (default 0)")
    parser.add_argument("--steps", type=int, default=8000, help="updates (default 8000)")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes, wherever the run is")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights, config and tokenizer")
    parser.add_argument("--checkpoint", type=Path, help="state to resume from (default OUT/training_state.eqx)")
    parser.add_argument("--restart", action="store_true", help="begin again although there is a state")
    parser.add_argument("--every", type=int, default=100, help="steps between lines of progress (default 100)")
    parser.add_argument("--measure-minutes", type=float, default=4.0, help="minutes between held-out measurements")
    parser.add_argument("--measure-count", type=int, default=200, help="held-out problems of a family (default 200)")
    return parser


if __name__ == "__main__":
    main()

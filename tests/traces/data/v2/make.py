"""Makes the store of schema version 2 that `test_second_version.py` carries forward.

    git worktree add /tmp/second 099e16b
    cd tests/traces/data/v2 && PYTHONPATH=/tmp/second python make.py .

Takes 5 seconds, and only the code of that commit can make it. What is traced is what version 1's data holds, and what
came with version 2: a conversation whose turns read one growing list, feedback, a paper. `expected.json` is what the
second version itself answers about every table and view: each value as its Python text.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from workbench import traces
from workbench.messages import assistant, system, user
from workbench.traces.feedback import give_feedback
from workbench.traces.schema import SCHEMA

_SPEC = importlib.util.spec_from_file_location("first", Path(__file__).parents[1] / "v1" / "make.py")
first = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(first)


def judged(store: traces.Store) -> None:
    """Three turns of a conversation, and what was said of them."""
    history = [system("Say a rare word.")]
    with traces.span("invoke_agent", "invoke_agent talk") as agent:
        for word in ("zyzzyva", "ΌΜΙΚΡΟΝ straße", "数学"):
            with traces.span("chat", "chat pocket") as turn:
                turn.set(model="pocket", input_tokens=3, input_audio_tokens=1, input_image_tokens=2)
                turn.set(output_audio_tokens=3, output_image_tokens=4)
                turn.input_messages([*history, user(f"Another than {word}?")]).output_messages([assistant(word)])
            history += [user(f"Another than {word}?"), assistant(word)]
    give_feedback(agent.span_id, "thumbs", store, bool=True, comment=first.ODD, author="ada")
    give_feedback(turn.span_id, "rating", store, number=3.5, label="fair", author="ada")
    traces.record("papers", paper_id="2210.03629", title="ReAct", authors="Yao et al.", year=2023,
                  url="https://arxiv.org/abs/2210.03629", implements="react", seen_at=first.MOMENT)  # fmt: skip


PARTS = {
    "whole": lambda store: (first.conversation(), judged(store), first.failures(), first.experiment()),
    "killed": first.PARTS["killed"],
}


def main() -> None:
    given = Path(sys.argv[1])
    if len(sys.argv) > 2:
        PARTS[sys.argv[2]](traces.use(given))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "traces.duckdb"
        for part in PARTS:
            subprocess.run([sys.executable, __file__, str(path), part], check=False)
        with zipfile.ZipFile(given / "store.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for file in sorted(folder.rglob("*")):
                if file.is_file() and file.suffix != ".lock":
                    archive.write(file, file.relative_to(folder))
        store = traces.Store(path)  # only reads: it begins no session
        answers = {table: store.query(" ".join(["SELECT * FROM", table])).to_dicts() for table in SCHEMA}
        expected = {table: [first.texts(row) for row in rows] for table, rows in answers.items()}
        (given / "expected.json").write_text(json.dumps(expected, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

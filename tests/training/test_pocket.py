import json

from workbench import traces
from workbench.networks import Tokenizer, load_transformer
from workbench.training.pocket import CONFIG, LESSONS, main


def test_the_command_trains_records_and_does_not_repeat_what_is_done(tmp_path, capsys):
    options = ["--out", str(tmp_path), "--steps", "4", "--every", "1", "--store", str(tmp_path / "runs.duckdb")]
    main(options)
    body = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (body["name"], body["steps"], body["sessions"]) == ("pocket_training", 4, 1)
    assert body["tokens"] > 4 * 1500
    assert load_transformer(tmp_path).config == CONFIG
    assert Tokenizer.load(tmp_path / "tokenizer.json").size == CONFIG.vocabulary
    runs = traces.query("select kind, status, seed from runs")
    assert runs.rows() == [("training", "ok", 0)] * len(LESSONS)
    losses = traces.query("select value from metrics where name = 'loss'")["value"].to_list()
    assert len(losses) == 4
    assert all(5 < loss < 9 for loss in losses)  # an untrained network is near ln 1024
    weights = (tmp_path / "model.safetensors").read_bytes()
    main(options)
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (again["steps"], again["tokens"], again["sessions"]) == (4, body["tokens"], 2)
    assert (tmp_path / "model.safetensors").read_bytes() == weights

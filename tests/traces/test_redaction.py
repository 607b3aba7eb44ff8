"""Laws of redaction: no key reaches the disk, and nothing else is touched."""

import json
import os
import re
import string
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import OptionError
from workbench.messages import ToolCall, ToolResult, assistant, message_to_json, tool_results, user
from workbench.traces.encoding import dumps, utf8
from workbench.traces.health import StoreWarning
from workbench.traces.redaction import REDACTED, Redactor, key_variables, redact
from workbench.traces.writer import Writer

TOKEN = string.ascii_letters + string.digits
SHAPES = [
    "sk-proj-Ab1{}",
    "sk-ant-api03-{}Z9",
    "AIza{}Xy7Xy7Xy7Xy7Xy7Xy7Xy7Xy7Xy7Xy7",
    "ghp_{}0123456789abcdefghij",
    "github_pat_{}0123456789abcdefghij",
    "hf_{}abcdefghij0123456789",
    "gsk_{}abcdefghij0123456789",
    "xai-{}abcdefghij0123456789",
    "xoxb-{}-1234567890",
    "AKIA{}",
    "eyJhbGciOiJI.eyJzdWIiOiIx{}.c2lnbmF0dXJl",
]


def written(store):
    store.journal.close()
    return b"".join(path.read_bytes() for path in store.journal.folder.rglob("*.jsonl"))


@given(
    st.sampled_from(SHAPES),
    st.text(TOKEN, min_size=16, max_size=40),
    st.sampled_from(["", " ", '"', "'", "=", ":", "\n", "(", "é", "，"]),
    st.text(max_size=30),
)
@settings(deadline=None)
def test_a_key_shape_never_goes_through_wherever_it_stands(shape, middle, before, after):
    key = shape.format(middle.upper()[:16] if shape.startswith("AKIA") else middle)
    assume(not after[:1].isalnum())
    assert key not in redact(before + key + after)
    line = Writer().line({"span": {"name": before + key + after, "attributes": {key: [key, {"deep": key}]}}})
    assert key.encode() not in line
    assert json.loads(line)["span"]["name"].startswith(before[:1] if before.isprintable() else "")


@given(st.text(st.characters(codec="utf-8"), min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
@settings(deadline=None, max_examples=60)
def test_the_value_of_a_key_variable_never_goes_through(secret, before, after):
    assume("\x00" not in secret and secret not in REDACTED and secret not in before + after)
    assume(REDACTED not in before + after)
    name = "SOME_SERVICE_API_KEY"
    os.environ[name] = secret
    try:
        text = before + secret + after
        assert secret not in redact(text).replace(REDACTED, "\x00")
        line = Writer().line({"span": {"attributes": {"list": [text], text: 1}}}).decode()
        body = json.loads(line)["span"]["attributes"]
        assert secret not in body["list"][0].replace(REDACTED, "\x00")
        assert all(secret not in key.replace(REDACTED, "\x00") for key in body)
    finally:
        del os.environ[name]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef0123456789abcdef",
        "authorization: bearer\tabcdef0123456789abcdef",
        "aws_secret_access_key = abcdefghijabcdefghijabcdefghijabcdefghij",
        '"SecretAccessKey": "abcdefghijabcdefghijabcdefghijabcdefghij"',
        "-----BEGIN RSA PRIVATE KEY-----\nabcdef0123456789abcdef\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_keys_that_are_known_by_the_word_before_them(text):
    assert "abcdef" not in redact(text)
    assert REDACTED in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "a task-description-of-something-long and risk-averse-behaviour-in-general",
        "use sk-learn-pipelines-and-more for it",
        "the bearer of bad news",
        "eyJ is how base64 of a JSON object begins.",
        "hf_hub and r8_ and ghp_short",
        "a" * 5000,
    ],
)
def test_words_that_only_look_like_keys_stay(text):
    assert redact(text) == text


def _each(redacted, value):
    """Every string of a JSON value redacted by itself."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {redacted(name): _each(redacted, item) for name, item in value.items()}
    return [_each(redacted, item) for item in value] if isinstance(value, list) else value


@given(
    st.text(st.characters(codec="utf-8"), min_size=8, max_size=20),
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False)
        | st.sampled_from(["{}", "a{}b", "\\{}", "Bearer {}", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["{}", "-{}", "n"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)
@settings(deadline=None, max_examples=60)
def test_json_is_redacted_as_each_of_its_strings_is(secret, form):
    def filled(value):
        if isinstance(value, str):
            return value.replace("{}", secret)
        if isinstance(value, dict):
            return {filled(name): filled(item) for name, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value

    assume("\x00" not in secret)
    os.environ["SOME_SERVICE_API_KEY"] = secret
    try:
        redactor, value = Redactor(), filled(form)
        assert redactor.values(value) == _each(redactor.text, value)
        assert redactor.names(value) == _each(redactor.name, value)
    finally:
        del os.environ["SOME_SERVICE_API_KEY"]


def test_short_values_and_other_variables_are_left_alone(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "true")
    monkeypatch.setenv("HOME_TOWN", "Springfield-on-Sea")
    assert redact("it is true that Springfield-on-Sea is far") == "it is true that Springfield-on-Sea is far"
    assert "MY_TOKEN" in key_variables()
    assert "HOME_TOWN" not in key_variables()


def test_a_key_set_later_and_one_removed_again_are_both_cut(monkeypatch):
    redactor = Redactor()
    assert redactor.text("first-secret-value") == "first-secret-value"
    monkeypatch.setenv("A_SECRET", "first-secret-value")
    assert redactor.text("first-secret-value") == REDACTED
    monkeypatch.setenv("A_SECRET", "other-secret-value")
    assert redactor.text("first-secret-value other-secret-value") == f"{REDACTED} {REDACTED}"
    monkeypatch.delenv("A_SECRET")
    assert redactor.text("first-secret-value") == REDACTED


def test_no_key_reaches_the_journal_or_the_store_by_any_way(fresh_store, monkeypatch):
    secret = 'se"cret\\väl\nue-0123456789'
    monkeypatch.setenv("PROVIDER_API_KEY", secret)
    shaped = "sk-proj-ABCDEFGHIJ0123456789"
    both = f"{secret} and {shaped}"
    with traces.span("chat", both) as span:
        span.input_messages([user(both), assistant("", ToolCall("1", "f", {"key": both, both: 1}))])
        span.attribute("headers", {"authorization": both, "list": [both]}).attribute(both, both)
        span.attempt(error_message=both).fail(ValueError(both))
    with traces.run("evaluation", both, parameters={"key": both}):
        pass
    traces.record("tools", tool_version="v", name=both, parameters={"x": both}, source=both)
    bodies = traces.query("SELECT body FROM messages")["body"].to_list()
    assert len(bodies) == 2
    raw = written(fresh_store) + fresh_store.path.read_bytes()
    for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], shaped):
        assert form.encode() not in raw
    assert REDACTED.encode() in raw


@pytest.mark.parametrize("secret", ["attributes", "started_at", "interrupted", "operatio", "2026-11-21", "messages"])
def test_a_password_that_is_a_word_of_the_record_costs_no_row(monkeypatch, secret):
    monkeypatch.setenv("SOME_PASSWORD", secret)
    with traces.span("chat", f"the password is {secret}") as span:
        span.attribute("a", {secret: secret}).output_messages([assistant(secret)]).attempt(error_message=secret)
    traces.record("tools", tool_version="v", name=secret)
    row = traces.query("SELECT name, attributes, status FROM spans").to_dicts()
    assert row == [
        {"name": f"the password is {REDACTED}", "attributes": f'{{"a":{{"{REDACTED}":"{REDACTED}"}}}}', "status": "ok"}
    ]
    assert traces.query("SELECT text FROM span_messages JOIN messages USING (message_hash)")["text"].item() == REDACTED
    assert traces.query("SELECT error_message FROM attempts")["error_message"].item() == REDACTED
    assert traces.query("SELECT name FROM tools")["name"].item() == REDACTED


@pytest.mark.parametrize("word", ["assistant", "arguments", "tool_call", "tool_call_response", "response", "is_error"])
def test_a_password_that_is_a_word_of_a_message_costs_no_message(monkeypatch, word):
    given = [
        assistant("fine", ToolCall("c", "add", {"a": 1})),
        tool_results(ToolResult("c", "add", "no", is_error=True)),
    ]
    monkeypatch.setenv("SOME_PASSWORD", word)
    with traces.span("chat", "chat") as span:
        span.input_messages(given).output_messages([assistant(f"the password is {word}")])
    bodies = [json.loads(body) for body in traces.query("SELECT body FROM messages")["body"]]
    expected = [*map(message_to_json, given), message_to_json(assistant(f"the password is {REDACTED}"))]
    assert sorted(bodies, key=dumps) == sorted(expected, key=dumps)


@pytest.fixture
def rules():
    """Sets rules for one test."""
    yield traces.redactor
    traces.redactor()


NAME = "Ada Lovelace"


def say_everywhere():
    """One name in every text that a rule sees."""
    with traces.span("chat", "chat") as span:
        call = ToolCall("c", "add", {"who": NAME, NAME: [NAME]})
        span.input_messages([user(NAME), tool_results(ToolResult("c", "add", {"deep": [NAME]}))])
        span.output_messages([assistant(NAME, call)]).attribute("note", {"who": NAME})
        span.attempt(error_message=NAME).fail(ValueError(NAME))
    traces.record(
        "samples", run_id="r", program="p", sample_id="1", repetition=0, status="ok", input={"q": NAME},
        output_text=NAME, error_message=NAME,
    )  # fmt: skip
    traces.record("scores", run_id="r", program="p", sample_id="1", repetition=0, scorer="s", kind="bool", reason=NAME)


@pytest.mark.parametrize(
    "rule", [NAME, re.compile("ada lovelace", re.IGNORECASE), lambda text: text.replace(NAME, "X")]
)
def test_what_a_rule_names_is_cut_out_of_every_text(fresh_store, rules, rule):
    rules(rule)
    say_everywhere()
    assert len(traces.query("SELECT * FROM messages")) == 3
    raw = fresh_store.path.read_bytes() + written(fresh_store)
    assert NAME.encode() not in raw
    assert redact(f"{NAME}!") == ("X!" if callable(rule) else f"{REDACTED}!")


def test_a_rule_does_not_touch_what_rows_are_found_by(rules):
    rules(lambda text: "")
    with traces.run("evaluation", "name") as run, traces.scope(notebook="a.ipynb"), traces.span("chat", "chat") as span:
        span.set(model="pocket", error_type="kind").output_messages([assistant("gone")])
        run.metric("loss", 1.0)
    row = traces.query("SELECT name, model, run_id, notebook, error_type, role FROM spans").row(0)
    assert row == ("chat", "pocket", run.run_id, "a.ipynb", "kind", "solver")
    assert traces.query("SELECT name FROM metrics")["name"].to_list() == ["loss"]
    body = json.loads(traces.query("SELECT body FROM messages")["body"].item())
    assert body == {"role": "assistant", "parts": [{"type": "text", "content": ""}]}


def test_rules_hold_from_when_they_are_set_also_for_a_message_that_was_written_before(rules):
    message = assistant(f"hello {NAME}")
    for held in [(), (NAME,), ("hello",), ()]:
        rules(*held)
        with traces.span("chat", "chat") as span:
            span.output_messages([message])
    texts = traces.query(
        "SELECT text FROM spans JOIN span_messages USING (span_id) JOIN messages USING (message_hash) "
        "ORDER BY started_at"
    )["text"].to_list()
    assert texts == [f"hello {NAME}", f"hello {REDACTED}", f"{REDACTED} {NAME}", f"hello {NAME}"]


def failing(text):
    if "fine" not in text:
        raise ValueError("cannot read this")
    return text


@pytest.mark.parametrize("rule", [failing, lambda text: None, lambda text: text.nothing, re.compile(b"bytes")])
def test_where_a_rule_fails_nothing_goes_through_and_it_is_said_once(fresh_store, rules, rule):
    rules(rule)
    with pytest.warns(StoreWarning, match=r"traces\.redactor raised") as said:
        say_everywhere()
    assert len(said) == 1
    assert NAME.encode() not in written(fresh_store)
    assert REDACTED in traces.query("SELECT text FROM messages")["text"].to_list()


def test_keys_are_cut_before_a_rule_sees_the_text(rules):
    seen = []
    rules(lambda text: seen.append(text) or text)
    with traces.span("chat", "chat") as span:
        span.output_messages([assistant("key sk-proj-ABCDEFGHIJ0123456789")])
    assert f"key {REDACTED}" in seen
    assert not any("sk-proj" in text for text in seen)


@pytest.mark.parametrize("rule", ["(", 3, None])
def test_what_is_no_rule_is_one_clear_error_and_the_old_rules_stay(rules, rule):
    rules(NAME)
    with pytest.raises(OptionError, match="Hint: "):
        rules("fine", rule)
    assert redact(NAME) == REDACTED


def test_messages_that_differ_only_in_a_key_are_one_after_redaction(monkeypatch):
    for number in range(3):
        key = f"sk-proj-ABCDEFGHIJ012345678{number}"
        with traces.span("chat", "chat") as span:
            span.output_messages([assistant(f"key {key}")])
    assert traces.query("SELECT text FROM messages")["text"].to_list() == [f"key {REDACTED}"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is not on this system")
def test_a_fork_does_not_wait_for_a_lock_that_a_thread_of_its_parent_held():
    program = (
        "import os, signal, threading\nfrom workbench.traces import redaction\n"
        "thread = threading.Thread(target=redaction._redactor._lock.acquire)\nthread.start()\nthread.join()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    signal.alarm(10)\n    redaction.redact('a text')\n    os._exit(0)\n"
        "assert os.waitpid(pid, 0)[1] == 0\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=True)


def test_looking_for_keys_takes_microseconds():
    redactor, text = Redactor(), "the quick brown fox jumps over the lazy dog, again and again. " * 16
    assert not redactor.suspects(text)
    times = []
    for _ in range(200):
        begun = time.perf_counter()
        redactor.suspects(text)
        times.append(time.perf_counter() - begun)
    assert sorted(times)[100] < 200e-6  # a few in truth; the bound only catches a pattern that runs over every text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.tuples(st.text()), inner),
    max_leaves=20,
)


@given(values)
def test_any_value_is_one_line_of_json(value):
    line = utf8(dumps({"value": value}))
    assert b"\n" not in line
    json.loads(line, parse_constant=lambda constant: pytest.fail(constant))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    )
)
def test_plain_json_comes_back_as_it_was(value):
    assert json.loads(utf8(dumps(value))) == value


def test_cycles_arrays_and_stubborn_objects_are_written():
    import numpy as np

    class Stubborn:
        def __repr__(self):
            raise RuntimeError("no")

    cycle = []
    cycle.append(cycle)
    odd = {"cycle": cycle, "half": np.float16(0.5), "nan": np.float32("nan"), "object": Stubborn(), "path": Path("a")}
    back = json.loads(dumps(odd))
    assert back["half"] == 0.5
    assert back["nan"] == "NaN"
    assert "RuntimeError" in back["object"]


def test_a_very_long_text_is_stored_whole():
    text = "long " * 400_000
    with traces.span("chat", "chat") as span:
        span.output_messages([assistant(text)])
    assert traces.query("SELECT length(text) AS n FROM messages")["n"].item() == len(text)


@pytest.mark.parametrize("text", ["\ud800", "\U0001f600", "\x00", "\u2028", "a\r\nb", "\ud83d\ude00"])
def test_odd_characters_are_stored(text):
    with traces.span("chat", "chat") as span:
        span.output_messages([assistant(text)]).attribute("odd", text)
    stored = traces.query("SELECT text FROM messages")["text"].item()
    assert stored == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

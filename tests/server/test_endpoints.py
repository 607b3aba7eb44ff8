"""The server's endpoints: who may ask, which paths, and what a store that is missing, damaged or newer gives."""

import json

import pytest
from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.httpclient import HTTPClientError

import workbench
from workbench import traces
from workbench.server import ENDPOINTS

pytest_plugins = ["pytest_jupyter.jupyter_server"]

VERBS = ("get", "head", "post", "put", "patch", "delete", "options")


# what the two decorators make of a function shares its code with all that they make
MARKS = [decorate(lambda self: None).__code__ for decorate in (web.authenticated, authorized)]


def codes(function):
    """The code of a function and of every function that it wraps."""
    found = {function.__code__}
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
        found.add(function.__code__)
    return found


@pytest.fixture
def jp_server_config():
    return {"ServerApp": {"jpserver_extensions": {"workbench": True}}}


@pytest.fixture(autouse=True)
def the_store_of_the_folder(monkeypatch):
    """The server finds the store as a kernel does: by the folder, not by the environment."""
    monkeypatch.delenv("WORKBENCH_STORE")


@pytest.fixture
def store(jp_root_dir):
    found = traces.use(jp_root_dir / ".workbench" / "traces.duckdb")
    yield found
    found.close()


def call(notebook, *, cost_usd=0.0, model="pocket", **columns):
    with traces.scope(notebook=notebook), traces.span("chat", f"chat {model}") as span:
        span.set(model=model, input_tokens=10, output_tokens=2, cost_usd=cost_usd, **columns)


@pytest.fixture
def ask(jp_fetch, jp_asyncio_loop):
    """Asks an endpoint on the server's own loop: the HTTP status and what the JSON says."""

    def ask(endpoint="status", notebook="mine.ipynb", **options):
        async def fetch():
            try:
                return await jp_fetch("workbench", endpoint, params={"notebook": notebook}, **options)
            except HTTPClientError as error:
                return error.response

        answer = jp_asyncio_loop.run_until_complete(fetch())
        return answer.code, json.loads(answer.body)

    return ask


def test_every_verb_of_every_endpoint_is_authenticated_and_authorised():
    for endpoint in ENDPOINTS.values():
        verbs = [vars(endpoint)[verb] for verb in VERBS if verb in vars(endpoint)]
        assert verbs
        for verb in verbs:
            assert set(MARKS) <= codes(verb), f"{endpoint.__name__}.{verb.__name__}"


def test_an_unmarked_verb_would_be_found():
    assert not set(MARKS) & codes(lambda self: None)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_who_has_no_token_gets_nothing(ask, endpoint):
    code, _ = ask(endpoint, headers={"Authorization": "token wrong"})
    assert code == 403


def test_the_version_is_the_packages(ask):
    assert ask("version") == (200, {"version": workbench.__version__})


def test_a_notebooks_spend_is_the_sum_of_its_own_calls(ask, store):
    call("work/mine.ipynb", cost_usd=0.25, model="first")
    call("work/mine.ipynb", cost_usd=0.5, model="last")
    call("work/other.ipynb", cost_usd=8.0)
    code, answer = ask(notebook="work/mine.ipynb")
    assert code == 200
    assert answer == {
        "notebook": "work/mine.ipynb",
        "model": "last",
        "calls": 2,
        "input_tokens": 20,
        "output_tokens": 4,
        "cost_usd": 0.75,
        "cost_reason": None,
    }


def test_a_renamed_notebook_keeps_its_calls(ask, store, jp_fetch, jp_asyncio_loop, jp_create_notebook):
    jp_create_notebook("Untitled.ipynb")
    call("Untitled.ipynb")
    body = json.dumps({"path": "mine.ipynb"})
    jp_asyncio_loop.run_until_complete(jp_fetch("api", "contents", "Untitled.ipynb", method="PATCH", body=body))
    call("Untitled.ipynb")  # the running kernel is not told
    _, answer = ask(notebook="mine.ipynb")
    assert (answer["notebook"], answer["calls"]) == ("mine.ipynb", 2)


def test_one_unknown_cost_makes_the_sum_unknown_with_its_reason(ask, store):
    call("mine.ipynb", cost_usd=0.25)
    call("mine.ipynb", cost_usd=None, cost_reason="no price for 'x'")
    _, answer = ask()
    assert (answer["cost_usd"], answer["cost_reason"]) == (None, "no price for 'x'")


def test_the_store_is_that_of_the_notebooks_own_project(ask, jp_root_dir):
    project = jp_root_dir / "project"
    (project / "deep").mkdir(parents=True)
    (project / "pyproject.toml").touch()
    its_own = traces.use(project / ".workbench" / "traces.duckdb")
    call("project/deep/mine.ipynb")
    assert ask(notebook="project/deep/mine.ipynb")[1]["calls"] == 1
    its_own.close()


def test_a_missing_store_is_no_calls_and_stays_missing(ask, jp_root_dir):
    _, answer = ask(notebook="new/notebook.ipynb")
    assert (answer["calls"], answer["cost_usd"], answer["model"]) == (0, 0.0, None)
    assert not list(jp_root_dir.rglob("*"))


@pytest.mark.parametrize(
    "notebook",
    ["", "/etc/passwd", "../outside.ipynb", "a/../../b.ipynb", "a\0b.ipynb", "..\\b.ipynb", "C:/b.ipynb", "."],
)
def test_a_path_that_leaves_the_root_is_refused(ask, jp_root_dir, notebook):
    code, answer = ask(notebook=notebook)
    assert code == 400
    assert "notebook" in answer["message"]


def test_a_percent_sign_in_a_refused_path_is_only_a_percent_sign(ask):
    assert "%s" in ask(notebook="../%s.ipynb")[1]["message"]


def test_a_newer_store_is_said_and_left_alone(ask, store):
    import duckdb

    call("mine.ipynb")
    store.fold()
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("UPDATE store_info SET schema_version = 999")
    code, answer = ask()
    assert code == 503
    assert "newer" in answer["message"]

import enum
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from workbench.errors import ToolError
from workbench.tools import Tool, tool
from workbench.tools.arguments import validated
from workbench.tools.docstring import description_of, parameter_descriptions


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    title: str = ""


class Order(BaseModel):
    items: list[Point]
    note: str | None = None


def add(a: int, b: int = 1) -> int:
    """Adds two
    numbers.

    The sum is exact.

    Args:
        a: the first number,
            of any size.
        b: the second number.
    """
    return a + b


def test_a_tool_tells_name_first_paragraph_and_parameters():
    made = tool(add)
    assert (made.name, made.description) == ("add", "Adds two numbers.")
    assert made.parameters == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "a": {"type": "integer", "description": "the first number, of any size."},
            "b": {"type": "integer", "description": "the second number.", "default": 1},
        },
        "required": ["a"],
    }
    assert made.definition.parameters == made.parameters
    assert made.function is add


def test_the_decorator_takes_options():
    @tool(name="plus", side_effects=True)
    def add_up(a: int) -> int:
        return a

    assert isinstance(add_up, Tool)
    assert (add_up.name, add_up.side_effects, add_up.description) == ("plus", True, "")
    assert tool(add_up) is add_up


@pytest.mark.parametrize(
    "docstring",
    [
        "Does.\n\nArgs:\n    a: the first\n    b (int): the second",
        "Does.\n\nParameters\n----------\na : int\n    the first\nb\n    the second",
        "Does.\n\n:param a: the first\n:param int b: the second",
    ],
    ids=["google", "numpy", "sphinx"],
)
def test_docstring_styles_are_told_apart(docstring):
    assert parameter_descriptions(docstring) == {"a": "the first", "b": "the second"}
    assert description_of(docstring) == "Does."


def test_an_ordinary_docstring_describes_no_parameters():
    assert parameter_descriptions("") == parameter_descriptions("Adds.\n\nNote: a thing.") == {}


def test_every_kind_of_hint_has_a_schema_and_comes_back_typed():
    def shop(
        order: Order,
        colour: Colour,
        when: datetime,
        size: Literal["s", "m"] = "s",
        count: Annotated[int, Field(ge=1, description="how many")] = 1,
        at: Optional[Point] = None,  # noqa: UP045 the older spelling is to work too
        tags: list[str] = [],  # noqa: B006 a tool author may write it, and gets a fresh one at each call
    ) -> str:
        return "ok"

    made = tool(shop)
    assert made.parameters["required"] == ["order", "colour", "when"]
    assert made.parameters["properties"]["count"]["description"] == "how many"
    assert "title" in made.parameters["$defs"]["Point"]["properties"]
    json.dumps(made.parameters)
    given_ = {
        "order": {"items": [{"x": "3"}]},
        "colour": "blue",
        "when": "2026-01-02T03:04:05",
        "at": {"x": 1, "title": "t"},
    }
    arguments = validated(shop, "shop", given_)
    assert arguments["order"] == Order(items=[Point(3)])
    assert arguments["colour"] is Colour.BLUE
    assert arguments["when"] == datetime(2026, 1, 2, 3, 4, 5)
    assert arguments["at"] == Point(1, "t")
    assert arguments["tags"] is not validated(shop, "shop", given_)["tags"]


def test_names_that_pydantic_keeps_for_itself_are_allowed():
    def odd(schema: int, copy: int, model_config: int, _hidden: int, self_: int = 0) -> int:
        return schema

    arguments = {"schema": 1, "copy": 2, "model_config": 3, "_hidden": 4}
    assert validated(odd, "odd", arguments) == {**arguments, "self_": 0}


def unhinted(a, b: int = 2, c=3.5) -> int: ...
def starred(a: int, *rest: int) -> int: ...
def keyworded(a: int, **rest: int) -> int: ...
def positional(a: int, /) -> int: ...


@pytest.mark.parametrize(
    ("function", "names", "correction"),
    [
        (unhinted, "'a' without a type hint", "def unhinted(a: str, b: int = 2, c: float = 3.5) -> int"),
        (starred, "*rest", "def starred(a: int, items: list[str])"),
        (keyworded, "**rest", "def keyworded(a: int, options: dict[str, str])"),
        (positional, "positional only", "def positional(a: int)"),
    ],
)
def test_a_signature_without_a_schema_is_refused_with_the_corrected_one(function, names, correction):
    with pytest.raises(ToolError) as caught:
        tool(function)
    assert names in caught.value.message
    assert correction in caught.value.hint


def test_a_type_without_a_schema_an_unknown_type_and_a_generator_are_refused():
    def opened(file: pytest.Config) -> int: ...
    def later(a: "Nowhere") -> int: ...  # noqa: F821 the name that is missing
    def many(a: int):
        yield a

    for function, words in ((opened, "has no JSON schema"), (later, "'Nowhere'"), (many, "yields")):
        with pytest.raises(ToolError, match=words):
            tool(function)
    with pytest.raises(ToolError, match="'<lambda>'"):
        tool(lambda: 1)
    with pytest.raises(ToolError, match="made from a function"):
        tool(5)


def test_a_tool_changes_its_version_with_its_source_and_keeps_it_otherwise():
    assert tool(add).version == tool(add).version
    assert len(tool(add).version) == 16
    namespace = {}
    exec("def add(a: int, b: int = 1) -> int:\n    return a", namespace)
    assert tool(namespace["add"]).version != tool(add).version
    assert tool(add, name="plus").version != tool(add).version


@given(a=st.integers(), b=st.integers() | st.none())
def test_validation_gives_back_what_a_json_object_held(a, b):
    arguments = {"a": a} | ({} if b is None else {"b": b})
    assert validated(add, "add", json.loads(json.dumps(arguments))) == {"a": a, "b": 1 if b is None else b}


def test_faults_are_listed_one_by_one():
    with pytest.raises(ToolError) as caught:
        validated(add, "add", {"b": "x", "z": 1})
    assert caught.value.message == (
        "Tool 'add' was given no 'a'; b='x': input should be a valid integer, unable to parse string as an integer; "
        "'z', which it does not have. Its parameters are a, b."
    )

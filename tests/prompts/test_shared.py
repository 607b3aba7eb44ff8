"""Laws of templates that somebody else may have written: they read values, and do nothing."""

import base64
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench.errors import PromptError
from workbench.prompts import SharedTemplate, render, render_parts

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


class Shouting(str):
    """A text whose methods are somebody's code."""

    def upper(self):
        raise AssertionError("called")


@pytest.fixture
def names():
    """What a notebook may have; calling anything of it is noticed."""

    def call(*given, **named):
        raise AssertionError(f"called with {given} {named}")

    class Model:
        name = "tiny"
        run = call
        __call__ = call

        def __getitem__(self, key):
            return {"run": call}[key]

    return {
        "os": os,
        "sys": sys,
        "open": open,
        "call": call,
        "Model": Model,
        "model": Model(),
        "range": call,
        "here": SimpleNamespace(run=call, os=os, inner=[call]),
        "calls": {"run": call, "items": call},
        "shouting": Shouting("a"),
        "folder": Path("/"),
        "text": "a {0.__class__} b",
        "numbers": [3, 1, 2],
        "table": {"b": 2, "a": 1},
    }


@pytest.mark.parametrize(
    "template",
    [
        "{{ open('/etc/hostname').read() }}",
        "{{ os.system('id') }}",
        "{{ os['system']('id') }}",
        "{{ os.environ }}",
        "{{ os.environ.OPENAI_API_KEY }}",
        "{{ (os|attr('system'))('id') }}",
        "{{ [os]|map(attribute='environ')|join }}",
        "{{ [os]|map('attr', 'environ')|join }}",
        "{{ [here]|map(attribute='os.environ')|join }}",
        "{{ sys.modules['os'] }}",
        "{{ call() }}",
        "{{ call(1, two=2) }}",
        "{{ call(context=1, obj=2) }}",
        "{{ model() }}",
        "{{ model.run() }}",
        "{{ model['run']() }}",
        "{{ Model() }}",
        "{{ here.run() }}",
        "{{ here.inner[0]() }}",
        "{{ calls.run() }}",
        "{{ calls['run']() }}",
        "{% set loop = here %}{{ loop.run() }}",
        "{% set range = call %}{{ range(3) }}",
        "{% for range in [call] %}{{ range(3) }}{% endfor %}",
        "{% set ns = namespace(f=call) %}{{ ns.f() }}",
        "{% macro range(f) %}{{ f() }}{% endmacro %}{{ range(call) }}",
        "{% macro m(f=call) %}{{ f() }}{% endmacro %}{{ m() }}",
        "{% call(f) call() %}{{ f() }}{% endcall %}",
        "{% filter upper %}{{ call() }}{% endfilter %}",
        "{% if call() %}x{% endif %}",
        "{% for x in call() %}{{ x }}{% endfor %}",
        "{% for x in numbers if call(x) %}{{ x }}{% endfor %}",
        "{% with f = call %}{{ f() }}{% endwith %}",
        "{{ numbers[call()] }}",
        "{{ 'a' ~ call() }}",
        "{{ shouting.upper() }}",
        "{{ text.format(call) }}",
        "{{ '{0.environ}'.format(os) }}",
        "{{ '{x.environ}'.format_map({'x': os}) }}",
        "{{ table.__class__ }}",
        "{{ table['__class__'] }}",
        "{{ table|attr('__class__') }}",
        "{{ table['_' ~ '_class_' ~ '_'] }}",
        "{{ call.__globals__ }}",
        "{{ [1]|map(attribute='__class__')|join }}",
        "{{ lipsum() }}",
        "{{ lipsum.__globals__ }}",
        "{{ cycler('a').next() }}",
        "{{ self.__init__ }}",
        "{{ __builtins__ }}",
        "{{ _ }}",
        "{{ numbers.append(4) }}",
        "{{ table.update(a=2) }}",
        "{{ dict.fromkeys([1]) }}",
        "{{ '/picture.png'|image }}",
        "{{ (folder / 'picture.png')|image }}",
        "{{ ['/picture.png']|map('image')|list }}",
    ],
)
def test_a_shared_template_calls_and_reads_nothing_that_it_may_not(template, names):
    names |= {"__builtins__": __builtins__, "_": "the last output"}
    before = [*names["numbers"]], {**names["table"]}
    with pytest.raises(PromptError) as caught:
        render(SharedTemplate(template), names)
    assert "The saved prompt asks for what only a cell's own text may: " in caught.value.message
    assert "{{result}}" in caught.value.hint
    assert before == (names["numbers"], names["table"])


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ text }} {just braces}", "a {0.__class__} b {just braces}"),
        ("{{ here.inner|length }} {{ model.name }} {{ calls|length }}", "1 tiny 2"),
        ("{{ text.upper()|lower }}", "a {0.__class__} b"),
        ("{% for k, v in table.items()|sort %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"),
        ("{{ numbers|sort|join(', ') }} {{ ' '.join(['x', 'y']) }} {{ numbers.index(1) }}", "1, 2, 3 x y 1"),
        ("{% for n in numbers %}{{ loop.index }}{{ loop.cycle('a', 'b') }}{% endfor %}", "1a2b3a"),
        ("{% macro shout(word) %}{{ word.upper() }}!{% endmacro %}{{ shout('hi') }}", "HI!"),
        ("{% set ns = namespace(n=0) %}{% for n in numbers %}{% set ns.n = ns.n + n %}{% endfor %}{{ ns.n }}", "6"),
        ("{% raw %}{{ call() }}{% endraw %}", "{{ call() }}"),
    ],
)
def test_a_shared_template_reads_values_and_uses_loops_filters_and_macros(template, expected, names):
    assert render(SharedTemplate(template), names) == expected
    assert render(template, names) == expected


def test_range_is_jinjas_whatever_the_notebook_calls_so(names):
    assert render(SharedTemplate("{% for n in range(3) %}{{ n }}{% endfor %}"), names) == "012"


def test_what_may_not_be_read_is_not_there_even_where_nobody_asks_what_it_is(names):
    for words in ("[os]|map(attribute='environ')|list", "[os]|map('attr', 'environ')|list", "[1.5, os.environ]"):
        said = render(SharedTemplate(f"{{{{ {words} }}}}"), names)
        assert "Undefined" in said
        assert "PATH" not in said


def test_a_path_is_words_in_a_shared_template_and_a_picture_in_ones_own(tmp_path):
    (tmp_path / "dot.png").write_bytes(PIXEL)
    names = {"folder": tmp_path, "dot": PIXEL}
    own = render_parts("{{ folder / 'dot.png' }}", names)
    assert own.text == "[picture: PNG, 1 × 1 pixels]"
    shared = render_parts(SharedTemplate("{{ folder / 'dot.png' }}"), names)
    assert shared.pieces == (str(tmp_path / "dot.png"),)
    assert render(SharedTemplate("{{ dot }} {{ dot|image }}"), names).count("picture: PNG") == 2


def test_what_a_cells_own_text_may_stays_allowed_after_a_shared_one_of_the_same_words_was_refused():
    words, names = "{{ greet('you') }}", {"greet": lambda name: f"hi {name}"}
    with pytest.raises(PromptError, match="it calls "):
        render(SharedTemplate(words), names)
    assert render(words, names) == "hi you"
    with pytest.raises(PromptError, match="it calls "):
        render(SharedTemplate(words), names)

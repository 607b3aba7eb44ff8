import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import PromptError
from workbench.magics.prompt import render


@given(st.text().filter(lambda text: "{{" not in text and "{%" not in text))
def test_text_without_double_braces_stays_as_it_is(text):
    assert render(text, {}) == text


PROSE = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="{}\r\n"))


@given(PROSE.filter(lambda text: not text.startswith("%")))  # `{%` begins a statement of the template
def test_single_braces_around_anything_stay_beside_a_value(text):
    assert render(f"{{{text}}} {{{{x}}}}", {"x": 1}) == f"{{{text}}} 1"


@given(st.text())
def test_a_value_is_put_in_to_the_letter(value):
    assert render("<{{x}}>", {"x": value}) == f"<{value}>"


def test_loops_conditions_and_filters_work():
    template = "{% for n in numbers %}{{n}}, {% endfor %}{% if big is defined %}big{% endif %}{{ word|upper }}"
    assert render(template, {"numbers": [1, 2], "word": "a"}) == "1, 2, A"


def test_a_lone_comment_mark_is_text():
    assert render("{#each x} {{a}} {# b", {"a": 1}) == "{#each x} 1 {# b"


def test_raw_keeps_double_braces():
    assert render("{% raw %}{{x}}{% endraw %}", {}) == "{{x}}"


def test_an_undefined_name_suggests_the_nearest():
    with pytest.raises(PromptError, match=r"undefined name 'contry'\. Did you mean 'country'") as caught:
        render("Capital of {{contry}}?", {"country": "Peru", "other": 1})
    assert "raw" in caught.value.hint


def test_an_undefined_attribute_is_an_error_too():
    with pytest.raises(PromptError, match="no attribute 'b'"):
        render("{{a.b}}", {"a": {}})


@pytest.mark.parametrize(
    "template", ["{{x", "{% for %}", "{{ 1 / 0 }}", "{{ x + 1 }}", "{{ x.__class__.__mro__ }}", "{{ many.append(1) }}"]
)
def test_what_cannot_or_may_not_be_rendered_is_one_clear_error(template):
    many = [0]
    with pytest.raises(PromptError) as caught:
        render(template, {"x": "text", "many": many})
    assert caught.value.hint
    assert many == [0]

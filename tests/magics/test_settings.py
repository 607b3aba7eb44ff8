import pytest

from workbench.errors import OptionError
from workbench.magics.settings import read_parameters
from workbench.models import Settings


def test_values_are_read_as_json_and_go_to_the_settings():
    given = read_parameters(
        ["temperature=0.5", "max_tokens=20", "seed=1", "stop=END", "extra.effort=low"], None, "%%llm"
    ).settings
    assert given == Settings(temperature=0.5, max_tokens=20, seed=1, stop=("END",), extra={"effort": "low"})
    assert read_parameters(['stop=["a", "b"]'], None, "%%llm").settings.stop == ("a", "b")


def test_a_method_s_option_wins_over_a_setting_of_the_same_name():
    given = read_parameters(["temperature=1", "n=3", "seed=2"], ["n", "temperature"], "%%llm")
    assert given.options == {"temperature": 1, "n": 3}
    assert given.settings == Settings(seed=2)


@pytest.mark.parametrize("pair", ["temperature", "=1", "temperature=hot", "max_tokens=1.5", "seed=true", "stop=[1]"])
def test_a_pair_that_does_not_fit_is_refused(pair):
    with pytest.raises(OptionError) as caught:
        read_parameters([pair], None, "%%llm")
    assert caught.value.hint


def test_an_unknown_setting_names_the_nearest():
    with pytest.raises(OptionError, match="Did you mean 'temperature'"):
        read_parameters(["temprature=0"], None, "%%llm")

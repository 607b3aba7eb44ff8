"""The extension's words in another language, as JupyterLab's server finds and gives them."""

import json
import sys
from pathlib import Path

import pytest
from jupyterlab_server.translation_utils import get_language_pack, translator

SCHEMAS = Path(__file__).parents[2] / "extension" / "schema"


@pytest.fixture
def esperanto(language_pack, monkeypatch):
    """The language pack, installed and chosen."""
    monkeypatch.syspath_prepend(str(language_pack))
    before = translator._LOCALE
    translator.set_locale("eo")
    yield
    translator.set_locale(before)
    sys.modules.pop("jupyterlab_language_pack_eo", None)


def test_a_language_pack_has_words_for_the_extension(esperanto):
    found, message = get_language_pack("eo")
    assert not message
    assert found["research_workbench"]["%1 call"] == ["%1 voko", "%1 vokoj"]


def test_settings_are_told_in_the_language_that_is_chosen(esperanto):
    traces, status = (json.loads((SCHEMAS / f"{name}.json").read_text()) for name in ("traces", "status"))
    told = translator.translate_schema(traces)
    assert told["title"] == "Esplora metiejo: spuroj"
    assert told["properties"]["live"]["title"] == "Sekvi kio okazas"
    assert translator.translate_schema(status)["properties"]["showStatus"]["title"] == "Montri la staton"

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.networks import Tokenizer
from workbench.networks.chat_template import SPECIALS


@pytest.fixture(scope="module")
def trained():
    return Tokenizer.train(["What is 12 + 34 in Paris?", "the add tool"] * 9, SPECIALS, 320)


@settings(deadline=None)
@given(st.text())
@example("<|end|> and <|call|>")
@example("١٢ 🙂 e\u0301 \x00\r\n\t  ")
def test_any_text_decodes_back_and_holds_no_special_token(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert not set(ids) & set(tokenizer.specials.values())


def test_numbers_and_names_have_the_same_tokens_wherever_they_stand(trained):
    assert trained.encode("a=34")[-2:] == trained.encode("What is 34")[-2:]
    assert [len(trained.encode(str(n))) for n in (7, 42, 305)] == [1, 2, 3]
    paris = trained.encode("Paris")
    assert trained.encode("in Paris")[-len(paris) :] == paris == trained.encode('"Paris')[-len(paris) :]


def test_a_lone_surrogate_becomes_a_question_mark(trained):
    assert trained.decode(trained.encode("a\ud800b")) == "a?b"


def test_a_tokenizer_comes_back_from_disk(trained, tmp_path):
    trained.save(tmp_path / "tokenizer.json")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    assert loaded.encode("What is 12 + é?") == trained.encode("What is 12 + é?")
    assert loaded.specials == trained.specials
    (tmp_path / "broken.json").write_text("{")
    for path in ("missing.json", "broken.json"):
        with pytest.raises(DataError, match="No tokenizer can be read"):
            Tokenizer.load(tmp_path / path)


def test_training_twice_gives_the_same_tokenizer(trained):
    again = Tokenizer.train(["What is 12 + 34 in Paris?", "the add tool"] * 9, SPECIALS, 320)
    assert [again.bytes_of(id) for id in range(again.size)] == [trained.bytes_of(id) for id in range(trained.size)]

"""Laws of reading a final answer."""

import string
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.final_answer import final_number, final_text, normal_form, numbers

QUANTITIES = st.one_of(
    st.integers(-(10**15), 10**15).map(Decimal),
    st.decimals(-(10**9), 10**9, places=4, allow_nan=False, allow_infinity=False),
)
WORDS = st.text(string.ascii_letters + " ,;:!?()'\n", max_size=30).filter(lambda text: "answer" not in text.lower())


@given(QUANTITIES)
def test_a_number_is_read_back_from_every_way_of_writing_it(quantity):
    sign, size = ("-", -quantity) if quantity < 0 else ("", quantity)
    written = [
        f"{quantity:f}",
        f"{quantity:,f}",
        f"{sign}${size:,f}",
        f"${sign}{size:,f}",
        f"{quantity:f}".replace("-", "−"),
    ]
    for form in written:
        assert numbers(form) == [Fraction(quantity)], form
        assert numbers(f"({form}).") == [Fraction(quantity)], form


@given(WORDS, st.lists(QUANTITIES, min_size=1, max_size=5))
def test_without_a_marker_the_last_number_counts(words, quantities):
    text = words + " and ".join(f" {quantity:f} " for quantity in quantities)
    if "A:" not in text and "a:" not in text:
        assert final_number(text) == Fraction(quantities[-1])


@given(
    WORDS, QUANTITIES, QUANTITIES, st.sampled_from(["\nA: ", "#### ", "\nAnswer: ", "The answer is ", r"so \boxed{"])
)
def test_after_a_marker_its_number_counts_and_what_follows_does_not(words, before, quantity, marker):
    assert final_number(f"{words} {before:f} {marker}{quantity:,f}, as I said 3 times") == Fraction(quantity)


@given(st.text())
def test_any_text_is_read_without_failing_and_its_normal_form_is_stable(text):
    numbers(text)
    final_number(text)
    assert normal_form(normal_form(final_text(text))) == normal_form(final_text(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10-4", ["10", "4"]),
        ("10 - 4", ["10", "4"]),
        ("from -3 to 5", ["-3", "5"]),
        ("1/2 cup", ["1/2"]),
        ("on 1/2/2020", ["1", "2", "2020"]),
        ("7/0", ["7", "0"]),
        ("lists 1,2 and 1,234", ["1", "2", "1234"]),
        ("v1.2.3 and x2", []),
        (".5 or 5.", ["1/2", "5"]),
        ("1e3 and 2.5e-1", ["1000", "1/4"]),
        ("50%", ["50"]),
        ("9" * 5000, []),
    ],
)
def test_what_is_a_number_and_what_is_not(text, expected):
    assert [str(number) for number in numbers(text)] == expected


def test_an_equation_after_a_marker_counts_by_its_right_side():
    assert final_number("A: 6 * 7 = 42") == 42


def test_a_marker_without_a_number_is_no_number():
    assert final_number("I counted 12.\nA: many") is None


def test_equal_answers_have_equal_normal_forms():
    assert len({normal_form(text) for text in ["1000", "1,000.00", "$1000", " 1000. ", "**1000**"]}) == 1
    assert len({normal_form(text) for text in ["New York", "  new  york.", '"NEW YORK"']}) == 1

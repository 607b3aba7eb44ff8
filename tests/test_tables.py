"""Laws of the small table."""

import math
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from workbench.tables import Table, shown

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


@given(st.lists(st.tuples(st.text(), st.one_of(st.none(), st.floats(), st.integers())), max_size=5), st.text())
def test_no_text_becomes_markup(rows, caption):
    parser = Tags()
    parser.feed(Table(caption + HOSTILE, ("<b>name</b>", "value"), rows)._repr_html_())
    assert set(parser.tags) <= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert parser.tags.count("tr") == len(rows) + 1


def test_unknown_is_a_dash_and_zero_is_zero():
    assert [shown(value) for value in (None, math.nan, 0, 0.0)] == ["–", "–", "0", "0"]


def test_what_is_left_out_is_said():
    table = Table("Many", ("n",), [(number,) for number in range(60)], limit=10)
    assert "the first 10 of 60 rows" in str(table)
    assert table._repr_html_().count("<tr>") == 11


def test_an_empty_table_has_its_head():
    assert str(Table("None", ("a", "b"), [])) == "None\na  b"

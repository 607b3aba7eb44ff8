from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.magics.markdown import to_html

TAGS = {"p", "strong", "em", "del", "code", "pre", "a", "ul", "ol", "li", "blockquote", "hr", "br"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6"}
TAGS |= {"span", "div"}  # mathematics
ATTRIBUTES = {"href", "title", "rel", "target", "class", "style", "start", "align"}
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a]: javascript:alert(1)\n\n[a]",
    "<javascript:alert(1)>",
    '[a](https://x "t\\" onmouseover=\\"alert(1)")',
    '[a](https://x/"onmouseover="alert(1))',
    "![a](https://evil/track.png)",
    "![a](javascript:alert(1))",
    '```"><script>alert(1)</script>\ncode\n```',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "$$</div><script>alert(1)</script>$$",
    "$<img src=x onerror=alert(1)>$",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "<!-- --><svg/onload=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
]


class Seen(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes = set(), []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes


def harmless(text):
    seen = Seen(to_html(text))
    assert seen.tags <= TAGS, seen.tags - TAGS
    assert {name for name, _ in seen.attributes} <= ATTRIBUTES
    for name, value in seen.attributes:
        if name == "href":
            assert value.lower().startswith(("https://", "http://", "mailto:", "#"))
        if name == "style":
            assert value in ("text-align:left", "text-align:right", "text-align:center")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_model_output_becomes_a_tag_or_a_script(attack):
    harmless(attack)


PIECES = st.sampled_from(
    [*ATTACKS, "`", "```", "<", ">", '"', "'", "&", "\n", "    ", "> ", "* ", "[", "](", ")", "$", "|"]
)


@settings(deadline=None, max_examples=200)
@example("<a")
@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=8).map("".join))
def test_no_mixture_of_marks_and_attacks_runs_anything(text):
    harmless(text)


def test_what_people_read_is_kept():
    page = to_html(
        "# T\n\n**a** `b<c`\n\n```python\nx < 1\n```\n\n| h |\n|---|\n| 1 |\n\n$a_1 + b_1$ and [w](https://w.org)"
    )
    for part in (
        "<h1>T</h1>",
        "<strong>a</strong>",
        "<code>b&lt;c</code>",
        '<code class="language-python">x &lt; 1',
        "<td>1</td>",
        "a_1 + b_1",
        'href="https://w.org"',
    ):
        assert part in page


def test_a_picture_is_a_link_that_loads_nothing():
    page = to_html("![plot](https://example.org/p.png)")
    assert "<img" not in page
    assert "image: plot" in page


def test_plain_words_look_the_same_on_the_short_way():
    assert to_html("It is 5.") == "<p>It is 5.</p>\n"
    assert to_html("snake_case_name and 2 * 3 * 4") == "<p>snake_case_name and 2 * 3 * 4</p>\n"

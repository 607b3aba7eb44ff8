from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from workbench.magics.display import Live, TerminalFront
from workbench.magics.relay import Asked, Replied, Said
from workbench.magics.transcript import Step, Transcript, shortened
from workbench.magics.view import View, as_html, as_text
from workbench.messages import ToolCall, ToolResult, Usage, assistant
from workbench.models import Delta, Reply


def replied(call, *given):
    return Replied(call, Reply(assistant(*given), Usage(), "stop", "m"))


class Front:
    seconds = 0.0

    def __init__(self):
        self.views = []

    def show(self, view, metadata=None):
        self.views.append(view)


def test_nothing_is_shown_before_the_first_token():
    front = Front()
    live = Live(front)
    live.show([Asked(0)])
    live.show([Said(0, Delta(reasoning="hm"))])
    assert front.views == []
    live.show([Said(0, Delta("Hi"))])
    assert [view.text for view in front.views] == ["Hi"]


def test_texts_of_calls_at_the_same_time_are_not_mingled():
    transcript = Transcript()
    for event in (Asked(0), Asked(1), Said(0, Delta("a")), Said(1, Delta("b"))):
        transcript.take(event)
    assert (transcript.text, transcript.note) == ("", "2 calls running")
    for event in (replied(0, "aa"), replied(1, "bb")):
        transcript.take(event)
    transcript.finish("b wins")
    assert transcript.text == "b wins"
    assert sorted(step.body for step in transcript.steps) == ["aa", "bb"]


def test_a_result_finds_its_call_whichever_order_they_come_in():
    transcript = Transcript()
    calls = [ToolCall("x", "f", {"n": 1}), ToolCall("y", "f", {"n": 2})]
    results = (ToolResult("y", "f", 20), ToolResult("x", "f", "no", is_error=True))
    for event in (Asked(0), replied(0, "", *calls), Asked(1, results), replied(1, "done")):
        transcript.take(event)
    assert [step.title for step in transcript.steps] == ["f(n=1) → failed: no", "f(n=2) → 20"]
    assert transcript.answer == "done"


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, sorted(name for name, _ in attributes)))


@given(st.text(alphabet="<>&\"'/=a scriptonerror"), st.booleans())
def test_no_text_of_a_model_a_tool_or_a_line_makes_a_tag_of_its_own(text, busy):
    def page(words):
        steps = (Step(words, words), Step(words, words, "c1"), Step(words))
        return as_html(View("x", steps, "" if busy else f"l{words}"))

    assert [t for t in Tags(page(f"w{text}")).tags if t[0] not in ("p", "a", "li", "ul", "ol", "blockquote", "em")] == [
        t for t in Tags(page("w")).tags if t[0] not in ("p",)
    ]


def test_many_steps_are_folded_once_more_and_the_live_region_says_when_it_is_done():
    steps = tuple(Step(f"f({n})", str(n), f"c{n}") for n in range(5))
    busy, done = as_html(View("x", steps)), as_html(View("x", steps, "line"))
    assert "<summary>5 steps</summary>" in done
    assert 'aria-busy="true"' in busy
    assert 'aria-busy="false"' in done


def test_the_text_twin_has_answer_steps_and_line():
    view = View("four", (Step("f(1) → 2", "2", "c1"), Step("model", "Let me see.")), "pocket · $0")
    assert as_text(view) == "four\n  f(1) → 2\n  [model] Let me see.\npocket · $0"


def test_a_terminal_writes_each_piece_once(capsys):
    front = TerminalFront()
    for view in (
        View("Let"),
        View("Let me"),
        View("", (Step("model", "Let me"), Step("f()", "", "c"))),
        View("", (Step("model", "Let me"), Step("f() → 2", "2", "c"))),
        View("It", (Step("model", "Let me"), Step("f() → 2", "2", "c"))),
        View("It is 2.", (Step("model", "Let me"), Step("f() → 2", "2", "c")), "line"),
    ):
        front.show(view)
    assert capsys.readouterr().out == "Let me\nf() → 2\nIt is 2.\nline\n"


def test_shortened_is_one_line_within_its_limit():
    assert shortened("a\n b" * 100, 10) == "a ba ba b…"

from workbench import traces
from workbench.messages import Answer, ToolCall
from workbench.tools import always, ask_tool, call, nobody, simulated
from workbench.traces import current_scope

QUESTION = ToolCall("c1", "ask", {"question": "Which colour?"})
BY = "attributes->>'$.\"workbench.ask.by\"'"


async def answered(*policy):
    result = await call(QUESTION, [ask_tool(*policy)])
    row = traces.query(
        f"SELECT {BY}, attributes->>'$.\"gen_ai.tool.call.arguments\"', attributes->>'$.\"gen_ai.tool.call.result\"' "
        "FROM spans ORDER BY started_at DESC LIMIT 1"
    ).row(0)
    return result, row


async def test_question_and_answer_are_traced_with_who_answered():
    async def person(question):
        return f"{question} Blue."

    for policy, by, words in (
        (person, "person", "Which colour? Blue."),
        (lambda question: "red", "person", "red"),
        (always("green"), "fixed", "green"),
    ):
        result, row = await answered(policy)
        assert result.response == words
        assert row == (by, '{"question":"Which colour?"}', words)


async def test_without_anybody_the_model_reads_that_it_is_alone():
    for policy in ((), (nobody,)):
        result, row = await answered(*policy)
        assert result.is_error
        assert "Nobody is there" in result.response
        assert row[0] == "nobody"


async def test_a_simulated_user_is_any_program_and_is_traced_as_one():
    async def program(question):
        assert current_scope().role == "simulated_user"
        with traces.span("chat", "chat user"):
            return Answer(f"I like blue, if you ask {question!r}")

    result, _ = await answered(simulated(program))
    assert result.response == "I like blue, if you ask 'Which colour?'"
    assert current_scope().role == "solver"
    roles = dict(traces.query("SELECT name, role FROM spans").rows())
    assert roles == {"chat user": "simulated_user", "execute_tool ask": "solver"}


async def test_an_answer_that_is_no_text_is_refused():
    result, _ = await answered(lambda question: 5)
    assert "an answer is a text" in result.response

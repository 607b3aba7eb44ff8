"""Laws of voting."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from workbench.methods.primitives import ballot, vote

BALLOTS = st.lists(st.one_of(st.none(), st.sampled_from("abcd")), max_size=20)


@given(BALLOTS, st.randoms())
def test_the_order_of_the_ballots_never_matters(ballots, chance):
    shuffled = list(ballots)
    chance.shuffle(shuffled)
    assert vote(ballots) == vote(shuffled)
    assert list(vote(ballots).votes) == list(vote(shuffled).votes)


@given(BALLOTS)
def test_the_winner_has_most_votes_and_every_ballot_is_counted_once(ballots):
    tally = vote(ballots)
    assert sum(tally.votes.values()) + tally.abstained == len(ballots)
    assert tally.votes == Counter(answer for answer in ballots if answer is not None)
    if tally.votes:
        assert tally.votes[tally.winner] == max(tally.votes.values())
    else:
        assert tally.winner is None


@given(BALLOTS)
def test_a_tie_is_stated_exactly_when_there_is_one(ballots):
    tally = vote(ballots)
    first = [answer for answer, count in tally.votes.items() if count == max(tally.votes.values())]
    assert set(tally.tied) == (set(first) if len(first) > 1 else set())


@given(BALLOTS.filter(lambda ballots: vote(ballots).winner is not None))
def test_one_more_vote_for_the_winner_keeps_the_winner_and_breaks_the_tie(ballots):
    tally = vote(ballots)
    again = vote([*ballots, tally.winner])
    assert (again.winner, again.tied) == (tally.winner, ())


def test_replies_that_mean_the_same_vote_the_same():
    same = ["12 and 30 make 42.\nA: 42", "The answer is 42.00", "It is $42.", "#### 42"]
    assert {ballot(text) for text in same} == {"42"}
    assert {ballot(text) for text in ["The answer is Blue.", "blue", "A: BLUE\nbecause"]} == {"blue"}
    assert ballot("  \n") is None

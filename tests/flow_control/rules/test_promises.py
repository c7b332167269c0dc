"""The rules about what a flow cannot hold alone."""

from tests.helpers.rule_cases import findings_of
from tests.helpers.rule_facts import FLOW


def test_several_flows_may_have_one_downstream_while_their_rates_are_its() -> None:
    # Flows of half its rate each have downstreams of names of their own.
    assert findings_of(FLOW, "R33", same_downstream={"Shop/Flow": 5.0}) == []

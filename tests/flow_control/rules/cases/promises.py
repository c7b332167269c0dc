"""The rules about what a flow cannot hold alone."""

from constructs_lib._findings import Level
from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import FLOW

CASES = [
    Case(
        FLOW,
        "R32",
        broken={"other_triggers": ("Shop/Api", "Shop/Url")},
        mended={"other_triggers": ()},
        words=["Shop/Api and Shop/Url", "10 calls a second", "grant_send_messages"],
        level=Level.WARNING,
    ),
    Case(
        FLOW,
        "R33",
        broken={"same_downstream": {"Shop/Flow": 10.0, "Shop/Second": 3.0}},
        mended={"same_downstream": {"Shop/Flow": 10.0}},
        words=[
            "Shop/Flow and Shop/Second",
            "takes 10 calls a second",
            "make 13 together",
            "a Downstream of a name of its own",
        ],
    ),
    Case(
        FLOW,
        "role",
        broken={"role_is_known": False},
        mended={"role_is_known": True},
        words=["role", "from_function_attributes", "acknowledge"],
        level=Level.WARNING,
    ),
    Case(
        FLOW,
        "queue-policy",
        broken={"queue_policy_is_known": False, "service_sources": ("SNS",)},
        mended={"queue_policy_is_known": False},
        words=["nothing allows SNS to use it", "acknowledge", "let the flow create its queue"],
        level=Level.WARNING,
    ),
    Case(
        FLOW,
        "runtime",
        broken={"has_runtime": False},
        mended={"has_runtime": True},
        words=['runtime="none"', 'runtime="layer"', "acknowledge"],
        level=Level.WARNING,
    ),
]

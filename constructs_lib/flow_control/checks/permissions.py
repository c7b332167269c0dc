"""What the IAM policies of the templates allow: which queues a function may send to, which functions others invoke."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib._actions import allow, as_list
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.app import App, External, Resource
from constructs_lib.flow_control.checks.conditions import is_wherever, together
from constructs_lib.flow_control.checks.queues import Queue, Queues

_POLICIES = (
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
)
#: Policies of AWS; none of them names a resource.
_OF_AWS = ":iam::aws:policy/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement that allows something, or denies it whatever happens, whoever has it.

    Attributes:
        holder: The resource that it stands in: a policy, or a role with a policy of its own.
        denies: Whether it denies.
        actions: As written, in lower case.
        resources: As written; not resolved.
    """

    holder: Resource
    denies: bool
    actions: tuple[str, ...]
    resources: tuple[object, ...]

    def names(self, action: str, *, by_name: bool) -> bool:
        """Whether it is about an action; by name, when neither "*" nor the whole service counts."""
        wanted = action.lower()
        every = {"*", f"{wanted.partition(':')[0]}:*"} if by_name else ()
        return allow((each for each in self.actions if each not in every), wanted)


class Permissions:
    """All statements of an app, and which of them a role has."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._of_policy: dict[Resource, list[Statement]] = {}
        self._policies_of_role: dict[Resource, list[Resource]] = {}
        for policy in app.of_type(*_POLICIES):
            document = app.raw(policy, "Properties", "PolicyDocument")
            self._of_policy[policy] = list(_statements(policy, document))
            for raw in [
                *as_list(app.raw(policy, "Properties", "Roles")),
                *as_list(app.raw(policy, "Properties", "RoleName")),
            ]:
                role = app.target(policy, raw, "AWS::IAM::Role")
                if isinstance(role, Resource):
                    self._policies_of_role.setdefault(role, []).append(policy)
        for role in app.of_type("AWS::IAM::Role"):
            documents = (each.get("PolicyDocument") for each in _dicts(app.raw(role, "Properties", "Policies")))
            self._of_policy[role] = [each for document in documents for each in _statements(role, document)]
        self._functions_with = Counter(map(self._role_of, app.of_type("AWS::Lambda::Function")))

    def invoked(self) -> Iterator[tuple[Resource, object]]:
        """Each function that somebody's policy lets them invoke, as it stands there."""
        for statements in self._of_policy.values():
            for each in statements:
                if not each.denies and each.names("lambda:InvokeFunction", by_name=False):
                    yield from ((each.holder, raw) for raw in each.resources)

    def may_send(
        self, function: Resource | None, queue: Queue, queues: Queues, *, by_way_of: Resource
    ) -> bool | Unknown:
        """Whether a function's role names the queue, and the sending, in what it may do.

        A policy of all actions, or for all queues, is careless and no sign of a loop: it does not count. Where several
        functions share the role, nobody can see which of them sends. A policy that need not be there together with
        the mapping `by_way_of` which the function consumes does not count. What is denied without a condition is
        not allowed, wherever the policy that denies it certainly is.
        """
        role = self._role_of(function)
        if role is None:
            return UNKNOWN
        statements = list(self._statements_of(role))
        known = [each for each in statements if each is not UNKNOWN]
        denying = [each.holder for each in known if each.denies and self._covers(each, queue, queues)]
        if any(is_wherever(holder, by_way_of) for holder in denying):
            return False
        answer = _any(
            UNKNOWN if each is UNKNOWN else self._sends(each, queue, queues)
            for each in statements
            if each is UNKNOWN
            or (
                together(each.holder, by_way_of)
                and not any(is_wherever(holder, each.holder, by_way_of) for holder in denying)
            )
        )
        return UNKNOWN if answer is True and self._functions_with[role] > 1 else answer

    def _role_of(self, function: Resource | None) -> Resource | None:
        if function is None:
            return None
        role = self._app.target(function, self._app.raw(function, "Properties", "Role"), "AWS::IAM::Role")
        return role if isinstance(role, Resource) else None

    def _statements_of(self, role: Resource) -> Iterator[Statement | Unknown]:
        """What a role may do; UNKNOWN for a policy that is in no template here."""
        yield from self._of_policy.get(role, ())
        for policy in self._policies_of_role.get(role, ()):
            yield from self._of_policy[policy]
        for raw in as_list(self._app.raw(role, "Properties", "ManagedPolicyArns")):
            if _OF_AWS in str(raw):
                continue
            named = self._app.target(role, raw)
            if isinstance(named, Resource) and named in self._of_policy:
                yield from self._of_policy[named]
            else:
                yield UNKNOWN

    def _sends(self, statement: Statement, queue: Queue, queues: Queues) -> bool | Unknown:
        if statement.denies or not statement.names("sqs:SendMessage", by_name=True):
            return False
        answers: list[bool | Unknown] = []
        for raw in statement.resources:
            target = self._app.target(statement.holder, raw, "AWS::SQS::Queue")
            if isinstance(target, External) and "*" in target.text:
                continue
            may_be_it = target is UNKNOWN or (queue.is_hidden and isinstance(target, External))
            named = queues.at(statement.holder, raw, is_queue=True)
            answers.append(True if named is queue else UNKNOWN if may_be_it else False)
        return _any(answers)

    def _covers(self, statement: Statement, queue: Queue, queues: Queues) -> bool:
        """Whether it is certainly about sending to the queue."""
        if not statement.names("sqs:SendMessage", by_name=False):
            return False
        return any(
            raw == "*" or queues.at(statement.holder, raw, is_queue=True) is queue for raw in statement.resources
        )


def _any(answers: Iterable[bool | Unknown]) -> bool | Unknown:
    """Whether one is True; UNKNOWN where one may be."""
    seen = set(answers)
    return True if True in seen else UNKNOWN if UNKNOWN in seen else False


def _statements(holder: Resource, document: object) -> Iterator[Statement]:
    if not isinstance(document, Mapping):
        return
    for each in _dicts(document.get("Statement")):
        effect = each.get("Effect")
        if effect == "Allow" or (effect == "Deny" and each.get("Condition") is None):
            actions = tuple(action.lower() for action in as_list(each.get("Action")) if isinstance(action, str))
            resources = tuple(as_list(each.get("Resource")))
            yield Statement(holder=holder, denies=effect == "Deny", actions=actions, resources=resources)


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [each for each in as_list(value) if isinstance(each, Mapping)]

"""What a Python function's source says of the calls that it makes: their timeouts, and its own retries with tenacity.

Only literals are read, and names of this module that are one. Nothing is executed. A retry that is there and cannot be
read is UNKNOWN, one without end too.
"""

import ast
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.code.syntax import last_name

#: Modules whose calls take a `timeout` in seconds.
_CLIENTS = {"requests", "httpx", "urllib", "urllib3", "niquests"}

#: Their functions that make a call, or a client with a timeout for all of its calls.
_CALLS = {
    "delete",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "request",
    "send",
    "stream",
    "urlopen",
    "AsyncClient",
    "Client",
}

#: Lambda ends a function after 900 s: a day stands for the bound that an author left out.
_FOREVER = 86_400.0

#: No number of attempts or seconds that is meant is larger.
_LARGEST = 1e9

_EXPONENTIAL: dict[str, float] = {"multiplier": 1, "max": _FOREVER, "exp_base": 2, "min": 0}

#: The parameters of tenacity's strategies that grow, in their order, and their defaults.
_GROWING: dict[str, dict[str, float]] = {
    "wait_incrementing": {"start": 0, "increment": 100, "max": _FOREVER},
    "wait_exponential": _EXPONENTIAL,
    "wait_random_exponential": _EXPONENTIAL,
    "wait_exponential_jitter": {"initial": 1, "max": _FOREVER, "exp_base": 2, "jitter": 1},
}

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_RETRIES = {"retry", "Retrying", "AsyncRetrying"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """What one use of tenacity may cost in calls; None is what the source does not say.

    Attributes:
        attempts: The calls that are made at most; UNKNOWN where something else than their number ends them.
        timeout: The seconds that a call may take; the longest where there are several.
        wait: The seconds between two attempts, at the longest; their mean where each wait has a length of its own;
            UNKNOWN where it is not written out.
    """

    attempts: int | Unknown | None = None
    timeout: float | None = None
    wait: float | Unknown | None = None

    @property
    def at_least(self) -> float:
        """The seconds that all attempts together may take, as far as the source says."""
        attempts = self.attempts if isinstance(self.attempts, int) else 1
        wait = 0 if self.wait is UNKNOWN else self.wait or 0
        return attempts * (self.timeout or 0) + (attempts - 1) * wait

    @property
    def is_hidden(self) -> bool:
        """Whether something of it cannot be read."""
        return self.attempts is UNKNOWN or self.wait is UNKNOWN


def longest(found: Iterable[Retries], *, allowed: float | None = None) -> Retries:
    """The retries that may take the longest; the timeout where there are none.

    Retries that cannot be read may take longer than all others, unless another already takes longer than is allowed.
    """
    seen = list(found)
    timeouts = [each.timeout for each in seen if each.timeout is not None]
    retried = [each for each in seen if each.attempts is not None]
    if not retried:
        return Retries(timeout=max(timeouts, default=None))
    worst = max(retried, key=lambda each: each.at_least)
    if allowed is not None and worst.at_least > allowed:
        return replace(worst, wait=None) if worst.wait is UNKNOWN else worst
    return next((each for each in retried if each.is_hidden), worst)


def retries(tree: ast.Module, reached: Container[ast.AST] | None = None) -> Iterator[Retries]:
    """What a module's source says of the calls that are reached; of all where that is None."""
    names = _constants(tree)
    timeouts = _timeouts(tree, names) if _CLIENTS & set(_imported(tree)) else []
    timeouts = [(call, seconds) for call, seconds in timeouts if reached is None or call in reached]
    yield Retries(timeout=max((seconds for _, seconds in timeouts), default=None))
    if "tenacity" not in _imported(tree):
        return
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    in_functions = {inner for function in functions for inner in ast.walk(function)}
    of_tenacity = _Tenacity(tree)
    for scope, call in _retry_calls(tree, functions):
        attempts = _attempts(_keyword(call, "stop"), names)
        if attempts is UNKNOWN and not of_tenacity.has(call.func):
            continue  # another's, of the same name
        if reached is None or call in reached:
            within = set(ast.walk(scope or tree))
            inside = [seconds for node, seconds in timeouts if node in within]
            # A client of the whole module is for all of its calls; another function's calls are its own.
            shared = [seconds for node, seconds in timeouts if node not in in_functions]
            timeout = max(inside or shared, default=None)
            yield Retries(attempts=attempts, timeout=timeout, wait=_mean_wait(call, attempts, names))
    bare = (decorator for function in functions for decorator in function.decorator_list)
    if any(of_tenacity.has(each) and (reached is None or each in reached) for each in bare):
        yield Retries(attempts=UNKNOWN, wait=0.0)  # it tries for ever, without a wait


class _Tenacity:
    """What a module calls tenacity's retries."""

    def __init__(self, tree: ast.Module) -> None:
        self._modules: set[str] = set()
        self._names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                named = (alias for alias in node.names if alias.name.partition(".")[0] == "tenacity")
                self._modules |= {alias.asname or "tenacity" for alias in named}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "tenacity":
                imported = {alias.name: alias.asname or alias.name for alias in node.names}
                self._names |= _RETRIES if "*" in imported else {imported[name] for name in _RETRIES & imported.keys()}

    def has(self, node: ast.expr) -> bool:
        """Whether an expression is one of them."""
        if isinstance(node, ast.Attribute):
            return node.attr in _RETRIES and isinstance(node.value, ast.Name) and node.value.id in self._modules
        return isinstance(node, ast.Name) and node.id in self._names


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _retry_calls(
    tree: ast.Module, functions: Sequence[ast.FunctionDef | ast.AsyncFunctionDef]
) -> Iterator[tuple[ast.AST | None, ast.Call]]:
    """Each use of tenacity, with the function that it decorates, or stands in."""
    seen: set[ast.AST] = set()
    decorating = [(function, decorator) for function in functions for decorator in function.decorator_list]
    within = [(function, node) for function in functions for each in function.body for node in ast.walk(each)]
    for function, node in [*decorating, *within, *((None, node) for node in ast.walk(tree))]:
        if node not in seen and isinstance(node, ast.Call) and last_name(node.func) in _RETRIES:
            seen.add(node)
            yield function, node


def _timeouts(tree: ast.Module, names: dict[str, float]) -> list[tuple[ast.Call, float]]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and last_name(node.func) in _CALLS)
    found = ((call, _seconds(_keyword(call, "timeout"), names)) for call in calls)
    return [(call, seconds) for call, seconds in found if seconds is not None]


def _seconds(node: ast.expr | None, names: dict[str, float]) -> float | None:
    """A timeout: a number, or requests' pair of one to connect and one to read."""
    if not isinstance(node, ast.Tuple):
        return _number(node, names)
    parts = [_number(each, names) for each in node.elts]
    return sum(part or 0 for part in parts) if parts and None not in parts else None


def _attempts(node: ast.expr | None, names: dict[str, float]) -> int | Unknown:
    if not isinstance(node, ast.Call) or last_name(node.func) != "stop_after_attempt":
        return UNKNOWN  # stopped by the clock, by both, or never: not a number of attempts
    number = _argument(node, 0, "max_attempt_number", names)
    return int(number) if number is not None and number >= 1 else UNKNOWN


def _mean_wait(call: ast.Call, attempts: int | Unknown, names: dict[str, float]) -> float | Unknown:
    node = _keyword(call, "wait")
    if attempts == 1:
        return 0.0
    if node is None:  # it may stand in the options that are passed on
        return UNKNOWN if any(each.arg is None for each in call.keywords) else 0.0
    if attempts is UNKNOWN:  # a wait that is always the same is known all the same
        waits = list(dict.fromkeys(_longest_wait(node, gap, names) for gap in (0, 1_000)))
        return UNKNOWN if None in waits or len(waits) > 1 else waits[0] or 0.0
    # The waits grow, and are added up: a number of attempts that nobody reaches need not be counted to its end.
    gaps = min(attempts - 1, 1_000)
    waits = [_longest_wait(node, gap, names) for gap in range(gaps)]
    return UNKNOWN if None in waits else sum(wait or 0 for wait in waits) / gaps


def _longest_wait(node: ast.expr, gap: int, names: dict[str, float]) -> float | None:  # noqa: PLR0911 - one per strategy
    """The longest that a strategy waits after attempt `gap` + 1, as tenacity defines it."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sum([_longest_wait(node.left, gap, names), _longest_wait(node.right, gap, names)])
    if not isinstance(node, ast.Call):
        return None
    strategy = last_name(node.func)
    if strategy in _GROWING:
        return _grown(node, names, gap, _GROWING[strategy])
    match strategy:
        case "wait_none":
            return 0.0
        case "wait_fixed":
            return _argument(node, 0, "wait", names)
        case "wait_random":
            return _argument(node, 1, "max", names, default=1)
        case "wait_combine":
            return _sum([_longest_wait(each, gap, names) for each in node.args])
        case "wait_chain" if node.args:
            return _longest_wait(node.args[min(gap, len(node.args) - 1)], gap, names)
    return None


def _grown(node: ast.Call, names: dict[str, float], gap: int, defaults: dict[str, float]) -> float | None:
    """The wait of a strategy that grows from attempt to attempt."""
    value: dict[str, float] = {}
    for position, (name, default) in enumerate(defaults.items()):
        number = _argument(node, position, name, names, default=default)
        if number is None:
            return None
        value[name] = number
    if "increment" in value:
        return min(value["start"] + value["increment"] * gap, value["max"])
    # The exponent and the base are kept where a float can hold the result: it is cut at `max` anyway.
    grown = value.get("multiplier", value.get("initial", 1)) * min(value["exp_base"], 1e3) ** min(gap, 60)
    return max(value.get("min", 0), min(grown + value.get("jitter", 0), value["max"]))


def _sum(parts: list[float | None]) -> float | None:
    return None if None in parts else sum(part or 0 for part in parts)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def _argument(
    call: ast.Call, position: int, name: str, names: dict[str, float], *, default: float | None = None
) -> float | None:
    node = _keyword(call, name)
    if node is None and len(call.args) > position:
        node = call.args[position]
    return default if node is None else _number(node, names)


def _number(node: ast.expr | None, names: dict[str, float]) -> float | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    value = node.value if isinstance(node, ast.Constant) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value <= _LARGEST else None


def _constants(tree: ast.Module) -> dict[str, float]:
    """The module's names that are a number, and are given no other."""
    found: dict[str, list[float | None]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(_number(node.value, {}))
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0] is not None}

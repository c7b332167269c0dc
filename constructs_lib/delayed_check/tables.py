"""Tables that several checks have."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from constructs_lib._seen import same
from constructs_lib.delayed_check.experiment import Experiment
from constructs_lib.delayed_check.monitoring import CheckMetrics

#: No more than two should read a shard of a table's stream at the same time: a third is throttled.
_MOST_READERS = 2


def check_shared(scope: Construct, table: dynamodb.ITable | None, experiment: Experiment | None) -> None:
    """Refuse a table that other checks of this app have, where both would not get on.

    Raises:
        ValueError: As many checks as may read its stream have the table; or one has other weights for this experiment.
    """
    if table is None:
        return
    others = [each for each in scope.node.root.node.find_all() if isinstance(each, CheckMetrics)]
    sharing = [each for each in others if same(table, table.table_name, each.table, each.table.table_name)]
    if len(sharing) >= _MOST_READERS:
        msg = (
            f"table {table.node.path} has the rows of {' and '.join(each.node.path for each in sharing)} already, and "
            f"each check reads its stream, which DynamoDB gives to {_MOST_READERS} readers at most: give this check a "
            "table of its own (leave table out)"
        )
        raise ValueError(msg)
    for other in sharing:
        if experiment is not None and _contradicts(experiment, other.experiment):
            msg = (
                f"table {table.node.path} has the frozen weights of experiment {experiment.key!r}, version "
                f"{experiment.version}, for {other.node.path} too, which declares others: both would have the weights "
                "of whoever is first; give this experiment another key or version, or both the same arms"
            )
            raise ValueError(msg)


def _contradicts(one: Experiment, other: Experiment | None) -> bool:
    """Whether two experiments have the same weights' row, and not the same weights."""
    return other is not None and (one.key, one.version) == (other.key, other.version) and one != other

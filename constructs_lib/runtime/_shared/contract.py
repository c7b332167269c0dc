"""What constructs write into a table's schema and the runtime reads in its items."""

#: The partition key of a table of records, a string.
PARTITION_KEY = "pk"
#: The attribute by which DynamoDB removes a record that is no longer needed, some days later.
TIME_TO_LIVE = "ttl"

"""Code that may run inside Lambda: the standard library and boto3 only."""

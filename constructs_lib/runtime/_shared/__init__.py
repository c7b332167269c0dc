"""What several slices run on: the table and its records, botocore clients. Ships with each slice."""

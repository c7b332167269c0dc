"""The experiments, one module a slice: each deploys for real, measures, and says what it saw."""

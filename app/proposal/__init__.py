"""Use case: a plan becomes a proposal that people sign outside this software."""

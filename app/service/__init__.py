"""Process 1: everything that needs more than the published tables, on a unix socket."""

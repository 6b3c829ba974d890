"""What `make check` leaves to `make bench`."""

collect_ignore = ["peers"]  # they import what only the peers' environment has

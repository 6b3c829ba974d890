"""The shell: store, use cases, command line and documents."""

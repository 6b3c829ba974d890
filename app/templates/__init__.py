"""Templates of documents."""

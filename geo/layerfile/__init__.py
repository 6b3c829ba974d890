"""Parts of `geo.layers`: one file a format."""

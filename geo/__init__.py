"""Geography: GeoDataFrames and metres in, the same out. No database, no screen."""

"""Package data; sources and licences are in NOTICE."""

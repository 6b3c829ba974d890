"""Message catalogues, one TOML file a language."""

"""`python -m app.cli` is `mahalle`."""

from app.cli.main import main

main()

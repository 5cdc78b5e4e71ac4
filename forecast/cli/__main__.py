"""``python -m forecast.cli``: the command without its entry point on the path."""

from forecast.cli.main import main

main()

"""``python -m esoctl``."""

from esoctl.cli import main

main()

"""``python -m sunbeam`` is the ``sunbeam`` command."""

from sunbeam.cli.main import main

main()

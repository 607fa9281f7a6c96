"""`python -m gait` is the command `gait`."""

from gait.cli import main

main()

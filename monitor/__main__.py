"""Where ``harken`` and ``python -m monitor`` start. Hands the command line over, and leaves with the exit code."""

import sys

from monitor.cli import run


def main() -> None:
    """Run the command line this process was started with."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

#!/usr/bin/env python
import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    from backoffice import command_line

    return command_line.main(sys.argv)


if __name__ == "__main__":
    sys.exit(main())

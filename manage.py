#!/usr/bin/env python
"""Django's command line for StashHog."""

import sys

from stashhog.__main__ import main

if __name__ == "__main__":
    main(sys.argv[0])

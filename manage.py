#!/usr/bin/env python
"""Commands of the example site; on the demo's data while the demo runs."""

import os
import sys

from django.core.management import execute_from_command_line

from example.demo.running import chosen_folder, environment_of

if __name__ == "__main__":
    if "DATABASE_URL" not in os.environ:
        os.environ.update(environment_of(chosen_folder()))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
    execute_from_command_line(sys.argv)

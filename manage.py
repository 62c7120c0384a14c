#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line

from portsec.bench import bystander
from portsec.up import supervisor
from portsec.up.home import home_folder, load_environment


def main() -> None:
    # `up` is no Django command: it makes the databases whose addresses Django's settings demand before any command runs.
    if sys.argv[1:2] == ["up"]:
        sys.exit(supervisor.main())
    # Every other command works on the stack of this checkout, unless the environment names other servers.
    load_environment(home_folder())
    if bystander.is_bench(sys.argv):
        bystander.complete_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portsec.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

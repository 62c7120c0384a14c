"""PostgreSQL refuses to run as root, or as a user without a name (as containers have). There it runs in another guise."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portsec.up.program import StartFailed

NOBODY = 65534


@dataclass(frozen=True)
class Guise:
    prefix: tuple[str, ...]  # goes before the command
    owner: int  # the user to whom its files must belong

    def fits(self, program: Path) -> bool:
        try:
            return subprocess.run([*self.prefix, str(program), "--version"], capture_output=True, check=False).returncode == 0
        except OSError:  # no such tool
            return False

    def hand_over(self, folder: Path) -> None:
        """A folder may have been made in another guise; only root ever has a choice of them."""
        if folder.stat().st_uid == self.owner:
            return
        for path in (*folder.rglob("*"), folder):  # the folder last: its owner says that all is done
            os.chown(path, self.owner, -1, follow_symlinks=False)


# In a user namespace of its own the server believes that it is nobody, while its files stay the caller's.
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
# Where the kernel or a container forbids that, it becomes nobody in earnest. The kernel forgets the parent-death
# signal when a process changes its user, so setpriv must set it again.
NOBODY_INDEED = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig=INT", "--")


def choose_guise(program: Path) -> Guise:
    user = os.geteuid()
    if user != 0 and has_name(user):
        return Guise((), user)
    for guise in (Guise(NAMESPACE, user), Guise(NOBODY_INDEED, NOBODY)):
        if guise.fits(program):
            return guise
    raise StartFailed(
        f"PostgreSQL cannot run here as user {user}: neither unshare nor setpriv could start it. "
        "Run the same command as an ordinary user, or set DATABASE_URL to a server that runs elsewhere."
    )


def has_name(user: int) -> bool:
    try:
        return bool(pwd.getpwuid(user).pw_name)
    except KeyError:
        return False

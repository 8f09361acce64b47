"""Starts OpenHands' action execution server in the sandbox; the arguments are the server's own.

Two things are done before: the identity that OpenHands' set-up would give to git is written down,
and a shell command is looked at every 50 ms, not every 500. Standard library only.
"""

import os
import runpy
import sys

SERVER = "openhands.runtime.action_execution_server"
POLL_SECONDS = 0.05
IDENTITY = "[user]\n\tname = openhands\n\temail = openhands@all-hands.dev\n"


def search_like_the_module_form():
    """Puts the working directory where the directory of this file is, as `python -m` does."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        sys.path[0] = os.getcwd()


def write_git_identity():
    """Does what `git config --global user.…` would do; a file that is there is left as it is."""
    try:
        with open(os.path.expanduser("~/.gitconfig"), "x", encoding="utf-8") as file:
            file.write(IDENTITY)
    except OSError:
        pass


def look_often():
    """Shortens the pause between two looks at a running command, where the server has one."""
    try:
        from openhands.runtime.utils.bash import BashSession
    except Exception:
        return
    if hasattr(BashSession, "POLL_INTERVAL"):
        BashSession.POLL_INTERVAL = POLL_SECONDS


if __name__ == "__main__":
    search_like_the_module_form()
    write_git_identity()
    look_often()
    runpy.run_module(SERVER, run_name="__main__", alter_sys=True)

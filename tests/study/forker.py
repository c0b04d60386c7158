"""Starts command lines by forking: from a process that has imported gridsim and loaded the kernels, each begins at once.

Reads requests from stdin, a line of JSON each, and answers each with a line.
"""

import json
import os
import signal
import sys
import time


def main():
    import gridsim
    import gridsim.batch_commands
    import gridsim.study.batch
    import gridsim.study.rows

    gridsim.simulate(gridsim.Scenario(title="warm-up", horizon_months=2))
    answer = sys.stdout
    answer.write("ready\n")
    answer.flush()
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        made = start(**request["start"]) if "start" in request else ended(**request["ended"])
        answer.write(json.dumps(made) + "\n")
        answer.flush()


def start(arguments, streams, env):
    """Fork a command line in a session of its own; gives its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.update(env)
        for file, stream in zip([os.devnull, *streams], (0, 1, 2), strict=True):
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
            os.dup2(handle, stream)
            os.close(handle)
        import tests.study.hook.sitecustomize  # noqa: F401 - a process that is not forked imports it at its start

        sys.argv = ["gridsim", *arguments]
        from gridsim.cli import main as command_line

        code = command_line()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def ended(pid, seconds):
    """The exit code of a process once it has ended, negative for a signal; None if it goes on after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            return None
        time.sleep(0.002)


if __name__ == "__main__":
    main()

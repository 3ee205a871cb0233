"""`gitops watch` as a process of a live test."""

import json
import signal
import subprocess
import sys
import time


class Loop:
    """The loop of a stack in the background, and its log; `command` and `environment` are what starts it elsewhere."""

    def __init__(self, stack, *options, interval="1s", command=None, environment=None):
        self.log = stack.folder / "watch.log"
        self.log.write_text("")
        program = [sys.executable, "-m", "gitops.cli.main", "--project", str(stack.folder)]
        own = [*program, "watch", "--stack", stack.stack, "--log-format", "json", *options]
        self.command = command or own
        self.environment = (environment or stack.environment) | {"SYNC_INTERVAL": interval}
        self.start()

    def start(self):
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )

    def told(self, message="", **values):
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [
            line
            for line in lines
            if line["message"].startswith(message)
            and all(line.get(key) == value for key, value in values.items())
        ]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def until(holds, seconds=30, log=None):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, log.log.read_text()[-3000:] if log else "nothing happened"
        time.sleep(0.05)

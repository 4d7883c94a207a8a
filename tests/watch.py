#!/usr/bin/env python3
"""watch.py SECONDS LIST COMMAND...: run a test that must not hang.

End it, with all that it started, once it has printed nothing for SECONDS;
a slow machine prints slowly, but it prints.  A line with the time that it
took and its name is added to the file LIST.
"""

import os
import select
import signal
import subprocess
import sys
import time

silence, listing, command = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
began = time.monotonic()
# A job in the background ignores them, and so would all that it starts.
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
test = subprocess.Popen(command, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, start_new_session=True,
                        env={**os.environ, "PYTHONUNBUFFERED": "1"})
output = test.stdout.fileno()


def end_it(number=signal.SIGTERM, _frame=None):
    try:
        os.killpg(test.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if _frame is not None:
        sys.exit(128 + number)


signal.signal(signal.SIGTERM, end_it)
signal.signal(signal.SIGINT, end_it)
hung = False
while True:
    ready, _, _ = select.select([output], [], [], silence)
    if not ready:
        hung = True
        end_it()
        break
    data = os.read(output, 65536)
    if not data:
        break
    os.write(1, data)
status = test.wait()
with open(listing, "a", encoding="utf-8") as out:
    print(f"{time.monotonic() - began:.0f}", command[-1], file=out)
if hung:
    print(f"Bail out! {command[-1]} printed nothing for {silence:.0f} s "
          "and was ended", flush=True)
sys.exit(status if status >= 0 else 128 - status)

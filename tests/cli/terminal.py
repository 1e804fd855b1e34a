"""Runs a command on a terminal of its own, 100 columns wide, and prints what the terminal got; ends as the command ends.

    python3 terminal.py SECONDS COMMAND...

After so many seconds Ctrl-C is typed; 0 for never.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

pause, command = float(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
due = time.monotonic() + pause if pause else None
while True:
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if due and time.monotonic() > due:
        os.write(terminal, b"\x03")
        due = None
    if not ready:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

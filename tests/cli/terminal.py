"""Runs a command on a terminal of its own, 100 columns wide, and prints what the terminal got; ends as the command ends.

    python3 terminal.py TEXT COMMAND...

When the text is on the terminal, Ctrl-C is typed; for an empty one never.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

text, command = sys.argv[1].encode(), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
shown = b""
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    shown += data
    if text and text in shown:
        os.write(terminal, b"\x03")
        text = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

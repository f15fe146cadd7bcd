"""Runs a program on a terminal that nobody reads, ends it by SIGTERM once its second argument is a file that is there, and prints what it ended
with: an exit code, or a signal as a negative number."""
import os
import pty
import signal
import sys
import time

marker, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
while not os.path.exists(marker):
    time.sleep(0.05)
os.kill(pid, signal.SIGTERM)
_, status = os.waitpid(pid, 0)
print(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))

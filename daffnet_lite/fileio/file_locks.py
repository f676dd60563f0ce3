"""Locks that last as long as the process that has them, however it ends."""

import os
import sys
from contextlib import suppress

if sys.platform == 'win32':  # which itself refuses to remove an open file

    def try_lock(descriptor: int) -> bool:
        """Lock an open file; see below."""
        return True

    def hold(descriptor: int) -> int | None:
        """Keep a lock on an open file; see below."""
        return None

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file, without waiting.

        Processes that inherit the file have the lock, too: it ends when the
        last of them has ended or closed the file.

        Args:
            descriptor (int): The file's number.

        Returns:
            bool: False if another process has it.

        Raises:
            OSError: If its disk knows no locks.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def hold(descriptor: int) -> int | None:
        """Keep a lock on an open file beyond its being closed.

        Args:
            descriptor (int): The file's number.

        Returns:
            int, optional: The number to close in the end. None where open
            files cannot be renamed.
        """
        held = os.dup(descriptor)
        with suppress(OSError):
            try_lock(held)
        return held

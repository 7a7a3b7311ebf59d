"""One connection of the reference, which begins when told to: `python -m benchmarks.distributed.copier CONNINFO FIRST LEADS`."""

from __future__ import annotations

import sys

from benchmarks import reference
from benchmarks.distributed.processes import wait_for_go

if __name__ == "__main__":
    reference.copy_postgres(sys.argv[1], int(sys.argv[3]), first=int(sys.argv[2]), begin=wait_for_go)
    print("done", flush=True)

"""Every long count of what the store survives, one after the other.

    python -m tests.soak.faults            # 25 minutes
    python -m tests.soak.faults --quick    # 4 minutes

200 kills of writers at random moments, eight Jupyter kernels with random kills for ten minutes, and a kill before each
step of a fold, a migration, a rebuilding and a writer. Prints their tables and, as its last line, one JSON object; ends
with 1 when any of them found something lost or there twice.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time

FULL = {
    "kills": ["tests.soak.store", "--minutes", "30", "--kills", "200"],
    "kernels": ["tests.soak.store", "--minutes", "10", "--kernels"],
    "steps": ["tests.soak.steps"],
}
QUICK = {
    "kills": ["tests.soak.store", "--minutes", "5", "--kills", "15"],
    "kernels": ["tests.soak.store", "--seconds", "30", "--kernels"],
    "steps": ["tests.soak.steps", "--every", "5"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Count what the store survives.")
    parser.add_argument("--quick", action="store_true", help="fewer kills, half a minute of kernels, every fifth step")
    begun, figures, failed = time.monotonic(), [], False
    for name, command in (QUICK if parser.parse_args().quick else FULL).items():
        print(f"\n{name}: python -m {' '.join(command)}", flush=True)
        done = subprocess.run([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True, check=False)
        print(*done.stdout.splitlines()[:-1], sep="\n", flush=True)
        failed |= bool(done.returncode)
        figures += [
            one | {"figure": f"{name}_{one['figure']}"} for one in json.loads(done.stdout.splitlines()[-1])["figures"]
        ]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    taken = round(time.monotonic() - begun, 1)
    print(json.dumps({"name": "store_faults", "machine": machine, "seconds": taken, "figures": figures}))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

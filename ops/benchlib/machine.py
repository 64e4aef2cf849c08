"""The machine that a figure was measured on, and the programs."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
RELEASE = os.environ.get("QTBENCH_BIN", os.path.join(ROOT, ".build/release"))
QTCTL = os.path.join(RELEASE, "qtctl")
QTAGENT = os.path.join(RELEASE, "qtagent")
QTFLEET = os.path.join(RELEASE, "qtfleet")


def _first_line(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).split("\n")[0].strip()


def describe() -> None:
    """Prints what a reader must know of the machine; the load is that before the measurement."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    print(f"machine: {os.cpu_count()} x {model}, Linux {os.uname().release}, load before: {load}")
    for words in (
        [QTCTL, "version"],
        ["redis-server", "--version"],
        ["git", "--version"],
        ["systemctl", "--version"],
        ["python3", "--version"],
    ):
        print(f"  {_first_line(*words)}")


def missing() -> list[str]:
    """The programs that are not built yet."""
    return [path for path in (QTCTL, QTAGENT, QTFLEET) if not os.access(path, os.X_OK)]

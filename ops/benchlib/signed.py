"""What signatures cost: the same no-op order over eight agents with and without, in turns, and one judgement alone."""

import os
import subprocess

from . import stage, stats, table, turns

HOSTS = 8
LIMIT_S, JUDGE_LIMIT_S = 0.060, 0.020


def run(rounds: int) -> None:
    with stage.stage(HOSTS, in_memory=True) as plain, stage.stage(HOSTS, in_memory=True, is_signed=True) as signed:
        orders = turns.in_turns({"unsigned": plain.deploy, "signed": signed.deploy}, rounds * 4)
        judge = _judgement(signed)
        judged = turns.in_turns({"verify": judge}, rounds * 10)["verify"]
    rows = [[name, stats.shown(values)] for name, values in orders.items()]
    rows.append(["ssh-keygen -Y verify alone", stats.shown(judged)])
    table.show(
        f"A no-op order over {HOSTS} hosts, {rounds * 4} times in turns, and a judgement alone, {rounds * 10} times",
        ["what", "ms, median [quartiles]"],
        rows,
    )
    more = stats.median(orders["signed"]) - stats.median(orders["unsigned"])
    print(f"target: at most {LIMIT_S * 1000:.0f} ms more with signatures: {more * 1000:.1f}: {table.verdict(more, LIMIT_S)}")
    one = stats.median(judged)
    print(f"target: a judgement at most {JUDGE_LIMIT_S * 1000:.0f} ms: {one * 1000:.1f}: {table.verdict(one, JUDGE_LIMIT_S)}")


def _judgement(it: stage.Stage):  # noqa: ANN202
    """The text of an order of eight hosts, as a host judges it."""
    newest = str(it.redis.call("ZREVRANGE", it.key("rollouts"), "0", "0")[0])
    folder = os.path.join(it.folder, "access")
    for field in ("order", "signature"):
        with open(f"{folder}/{field}", "w", encoding="utf-8") as file:
            file.write(str(it.redis.call("HGET", it.key(f"rollout:{newest}"), field)))
    words = ["ssh-keygen", "-Y", "verify", "-n", "qtdeploy", "-f", f"{folder}/allowed_signers", "-r", f"{folder}/revoked_keys"]
    words += ["-I", "bench", "-s", f"{folder}/signature"]
    subprocess.run(words, stdin=open(f"{folder}/order", "rb"), stdout=subprocess.DEVNULL, check=True)
    return lambda: turns.spawned(["sh", "-c", f'exec "$@" < {folder}/order', "sh", *words])

"""The figures that are promised for 10,000 objects, out of the JSON lines of bench.py, beside their floors and goals.

  figures.py RESULTS.jsonl [RESULTS.jsonl ...] [--into PAGE.md]

Prints a table in Markdown; of two runs of a scenario the one of the later file counts. With --into it also takes the
place of what stands between the comments `figures` and `end of figures` of a page.
"""
import json
import pathlib
import sys

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
WRITES = ("APPLY", "POST", "PUT", "PATCH", "DELETE")
OWN = ("externalsecrets", "secrets", "secretstores", "clustersecretstores", "events")


def requests(run: dict, verbs: tuple[str, ...]) -> int:
    """Requests about objects of ours; those of the load generator are of creation and are taken off by the caller."""
    return sum(count for what, count in run["api"].items() if what.split()[0] in verbs and what.split()[1].split("/")[0] in OWN)


def deep(run: dict, *path: str):
    for part in path:
        run = run.get(part) if run else None
    return run


ROWS = [
    ("start to all Ready", "cold", lambda run: run.get("seconds_to_all_ready"), "s", "90", "45"),
    ("CPU of the operator for it, an object", "cold", lambda run: round(run["cpu_s_of_it"] * 1e3 / run["n"], 2), "ms", "", ""),
    ("peak memory in it", "cold", lambda run: run["peak_rss_mib"], "MiB", "400", "250"),
    ("the event loop late in it, at worst", "cold", lambda run: run.get("loop_lag_worst_ms"), "ms", "100", "30"),
    ("an answer to /livez in it, p99.9", "cold", lambda run: deep(run, "livez_ms", "p99.9"), "ms", "", ""),
    ("peak memory after a restart", "restart", lambda run: run["peak_rss_mib"], "MiB", "250", "150"),
    ("restart with nothing due: calls to AWS", "restart", lambda run: sum(run["aws_calls"].values()), "", "0", "0"),
    ("the same: writes", "restart", lambda run: requests(run, WRITES), "", "0", "0"),
    ("the same: single reads", "restart", lambda run: requests(run, ("GET",)), "", "lists only", "lists only"),
    ("the same: seconds to /readyz", "restart", lambda run: run.get("seconds_to_ready"), "s", "20", "8"),
    ("memory added by 5,000 unrelated Secrets", "strangers", lambda run: run["rss_added_mib"], "MiB", "15", "5"),
    ("create to Secret, p99, idle", "latency", lambda run: deep(run, "create_to_secret", "p99"), "s", "0.2", "0.06"),
    ("create to Secret, p99, while all are queued", "busy", lambda run: deep(run, "create_to_secret_while_busy", "p99"), "s", "3", "1"),
    ("refreshes a second", "sweep", lambda run: run.get("refreshes_per_s"), "", "250", "500"),
    ("CPU of a refresh without change", "sweep", lambda run: run.get("cpu_ms_per_refresh"), "ms", "1.5", "0.8"),
    ("API requests for it", "sweep", lambda run: run.get("requests_per_refresh"), "", "1", "1"),
    ("the event loop late in it, at worst", "sweep", lambda run: run.get("loop_lag_worst_ms"), "ms", "100", "30"),
    ("an answer to /livez in it, p99.9", "sweep", lambda run: deep(run, "livez_ms", "p99.9"), "ms", "", ""),
]


def table(files: list[pathlib.Path]) -> list[str]:
    """One row for each figure that was measured; of several runs of a scenario the last counts."""
    runs: dict[str, dict] = {}
    for file in files:
        for line in file.read_text().splitlines():
            run = json.loads(line)
            runs["sweep" if run["scenario"].startswith("sweep") else run["scenario"]] = run
    lines = ["| figure | objects | measured | floor | goal |", "|---|---|---|---|---|"]
    for name, scenario, value, unit, floor, goal in ROWS:
        run = runs.get(scenario)
        if run is not None:
            lines.append(f"| {name} | {run['n']:,} | {value(run)} {unit} | {floor} | {goal} |")
    return lines


def put_into(page: pathlib.Path, lines: list[str]) -> None:
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text("\n".join([before + BEGIN, "", *lines, "", END + after]))


if __name__ == "__main__":
    names, _, page = " ".join(sys.argv[1:]).partition("--into")
    lines = table([pathlib.Path(name) for name in names.split()])
    print("\n".join(lines))
    if page:
        put_into(pathlib.Path(page.strip()), lines)

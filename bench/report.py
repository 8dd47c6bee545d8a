"""Tables and JSON of what was measured."""
import json
import os
import pathlib
import platform
import statistics


def machine():
    """What the figures were taken on, the load that was there before included."""
    models = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) // 1024
    return {"processors": f"{len(models)} x {models[0] if models else platform.machine()}", "memory_mib": memory,
            "kernel": platform.release(), "load_average_before": round(os.getloadavg()[0], 2)}


def median(values):
    return statistics.median(values)


def table(columns, rows):
    """Columns of text, numbers to the right, as Markdown."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in [columns, *cells]) for at in range(len(columns))]
    line = lambda row: "| " + " | ".join(
        cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths))) + " |"
    rule = "|" + "|".join("-" * (width + 1) + ("-" if at == 0 else ":") for at, width in enumerate(widths)) + "|"
    return "\n".join([line(columns), rule, *map(line, cells)])


def write_json(file, result):
    pathlib.Path(file).write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")

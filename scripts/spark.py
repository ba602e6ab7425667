"""scripts/spark.py FOLDER ROWS: what scripts/test-spark does once its tools are there."""

import csv
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parent.parent
PREDICT = [os.environ["UNDERTONE"], "predict", "--bundle", os.environ["BUNDLE"], "--input", "jsonl", "--format", "jsonl"]
# Rows that predict cannot read end with 3: they are in the output, and no reason for Spark to do the work again.
PIPE = 'RAYON_NUM_THREADS=1 "$@" || [ $? -eq 3 ]'
CORES = 2
# Both are measured in turns, since whatever else the machine does changes.
TURNS = 2


def texts() -> list[str]:
    """Texts as people write them, some forty letters each."""
    with (ROOT / "tests/behaviour/neutral.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def write_rows(path: Path, count: int) -> None:
    known = texts()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = json.dumps({"id": number, "text": f"{known[number % len(known)]} {number // len(known)}"})
            # A broken row in a thousand, cut in its middle.
            file.write((row if number % 1000 != 500 else row[:-4]) + "\n")


def by_itself(rows: Path, out: Path) -> float:
    start = time.perf_counter()
    with rows.open("rb") as source, out.open("wb") as target:
        code = subprocess.run(PREDICT, stdin=source, stdout=target, stderr=subprocess.DEVNULL).returncode
    assert code == 3, f"predict ended with {code}"
    return time.perf_counter() - start


def by_spark(spark: SparkSession, rows: Path, out: Path) -> float:
    start = time.perf_counter()
    # pipe splits a command line as a shell does.
    command = shlex.join(["bash", "-c", PIPE, "predict", *PREDICT])
    spark.sparkContext.textFile(str(rows), CORES).pipe(command, checkCode=True).saveAsTextFile(str(out))
    return time.perf_counter() - start


def answers(paths: list[Path]) -> list[dict]:
    lines = (line for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    # Each task counts its own rows.
    return [{key: value for key, value in json.loads(line).items() if key not in ("row", "line")} for line in lines]


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    rows = folder / "rows.jsonl"
    write_rows(rows, count)
    spark = SparkSession.builder.master(f"local[{CORES}]").appName("undertone").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    alone, under_spark = [], []
    for turn in range(TURNS):
        alone.append(by_itself(rows, folder / "alone.jsonl"))
        under_spark.append(by_spark(spark, rows, folder / f"spark-{turn}"))
        print(f"turn {turn + 1}: predict {count / alone[-1]:.0f} rows/s, Spark {count / under_spark[-1]:.0f} rows/s", flush=True)
    spark.stop()
    expected = answers([folder / "alone.jsonl"])
    found = answers(sorted((folder / f"spark-{TURNS - 1}").glob("part-*")))
    assert len(expected) == count, f"{len(expected)} of {count} rows were answered"
    assert found == expected, "Spark's rows are not those of predict by itself"
    broken = sum("error" in row for row in found)
    assert broken == sum(number % 1000 == 500 for number in range(count)), f"{broken} rows are broken"
    best, best_spark = count / min(alone), count / min(under_spark)
    print(f"{count} rows, {broken} of them broken, the same from both, in the same order")
    print(f"best of {TURNS}: predict by itself {best:.0f} rows/s, under Spark local[{CORES}] {best_spark:.0f} rows/s: {best_spark / best:.2f} of it")


if __name__ == "__main__":
    main()

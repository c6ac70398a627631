"""How long a cold build takes: stock Jupyter Book against Jupyter Book with the warm worker.

Writes a book of small TensorFlow pages into a temporary folder, builds it both ways, each time from
nothing, and prints the seconds and their ratio. Run it on an otherwise idle machine:

    python benchmarks/build.py [PAGES...]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGE = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Page {number}

One layer turns an input `x` into logits `z`, and a softmax turns these into probabilities `p`.

```{{code-cell}} ipython3
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed({number})
```

```{{code-cell}} ipython3
layer = tf.keras.layers.Dense(3)
x = tf.constant([[1.0, 2.0], [3.0, {number}.0]])
z = layer(x)
p = tf.nn.softmax(z)
print(p.numpy().round(3))
```

The largest logit becomes the largest probability.

```{{code-cell}} ipython3
figure, axes = plt.subplots()
axes.bar(np.arange(3), p[0])
axes.set_ylabel("p");
```
"""
CONFIG = """\
title: A book of small pages
only_build_toc_files: true
execute:
  execute_notebooks: cache
  stderr_output: remove
  timeout: 120
"""
OURS = """\
sphinx:
  extra_extensions: [website.gate_extension]
"""


def write_book(folder: Path, pages: int, config: str) -> None:
    """Write a book whose pages differ, so that no page can use the outputs of another."""
    (folder / "chapters").mkdir(parents=True)
    chapters = [f"chapters/page{number}" for number in range(1, pages + 1)]
    for number, name in enumerate(chapters, start=1):
        (folder / f"{name}.md").write_text(PAGE.format(number=number))
    (folder / "intro.md").write_text("# A book of small pages\n")
    (folder / "_config.yml").write_text(config)
    toc = ["format: jb-book", "root: intro", "chapters:", *(f"- file: {n}" for n in chapters)]
    (folder / "_toc.yml").write_text("\n".join(toc))


def build_seconds(pages: int, config: str) -> float:
    """Build a new book, and return how long that took; stop here if the build fails."""
    with tempfile.TemporaryDirectory() as folder:
        write_book(Path(folder) / "book", pages, config)
        command = (Path(sys.executable).with_name("jupyter-book"), "build", f"{folder}/book")
        started = time.perf_counter()
        build = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        made = list(Path(folder).glob("book/_build/html/chapters/page*.html"))
    if build.returncode or len(made) != pages:
        sys.exit(f"the build failed:\n{build.stdout}\n{build.stderr}")
    return seconds


def main() -> None:
    """Measure each number of pages, after one build that only warms the file cache."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=int, default=[4, 8], help="how many pages")
    counts = parser.parse_args().pages
    build_seconds(1, CONFIG)
    print("pages  stock [s]  ours [s]  ratio")
    for pages in counts:
        stock, ours = build_seconds(pages, CONFIG), build_seconds(pages, CONFIG + OURS)
        print(f"{pages:5d}  {stock:9.1f}  {ours:8.1f}  {stock / ours:5.1f}", flush=True)


if __name__ == "__main__":
    main()

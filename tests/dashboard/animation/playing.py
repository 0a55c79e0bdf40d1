"""Runs as the browser makes them, by its own modules."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import deno
import numpy as np

ROOT = Path(__file__).resolve().parents[3]
PLAY = """
import { decode } from "./dashboard/player/payload.js";
import { simulate } from "./dashboard/player/run.js";
for (const file of {files}) {
  const { panels: [panel] } = await decode(await Deno.readFile(file));
  const found = [];
  for (const { y } of simulate(panel.run, panel)) found.push(...y);
  await Deno.writeFile(`${file}.y`, new Uint8Array(Float64Array.from(found).buffer));
  const plain = (name) => panel[name] && [panel[name].shape, [...panel[name].values]];
  const normals = Object.keys(panel).filter((name) => name.startsWith("vector:"));
  const names = ["positions", "paths", "score", "parts", ...normals];
  await Deno.writeTextFile(`${file}.json`, JSON.stringify({
    ...Object.fromEntries(names.map((name) => [name, plain(name)])), outside: panel.outside }));
}
"""


class Played:
    """Y_T..Y_1 (T, N, d), and the arrays that the player draws."""

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self.states = np.fromfile(f"{path}.y").reshape(-1, *shape[1:])
        told = json.loads(Path(f"{path}.json").read_text())
        self.outside = told.pop("outside")
        self.arrays = {name: np.reshape(v[1], v[0]) for name, v in told.items() if v}


def play(blobs: Sequence[bytes], shapes: Sequence[tuple[int, ...]], folder: Path) -> list[Played]:
    """What the browser makes of each payload of one panel."""
    paths = [folder / f"{k}.payload" for k in range(len(blobs))]
    for path, blob in zip(paths, blobs, strict=True):
        path.write_bytes(blob)
    deno_run(PLAY.replace("{files}", json.dumps([str(path) for path in paths])))
    return [Played(path, shape) for path, shape in zip(paths, shapes, strict=True)]


def deno_run(script: str) -> None:
    """Runs a script that may read and write files."""
    done = subprocess.run(
        [deno.find_deno_bin(), "run", "--allow-read", "--allow-write", "-"],
        input=script,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr

"""The structure of a checkout, measured from its imports: rooms, floors, arrows, and circles between files.

    python tests/house.py [CHECKOUT]

A room is a file or folder directly in lib_inpaint, and `scripts` and `benchmarks` beside it; an arrow is one room that
imports from another, wherever in a file. A room stands one floor above the highest that it imports from. An arrow of a
circle of rooms cannot point down: those that have to be left out for floors to exist run upwards.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path
from typing import Mapping

Graph = Mapping[str, set[str]]
PACKAGE = "lib_inpaint"
OUTSIDE = ("scripts", "benchmarks")  # rooms beside the package


def names(path: Path, root: Path) -> list[str]:
    """Absolute dotted names of everything that a file imports, wherever in the file."""
    package = list(path.relative_to(root).parts[:-1])
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            found += [f"{stem}.{alias.name}" for alias in node.names]
    return found


def files(root: Path) -> dict[str, Path]:
    """Every module of the project by its dotted name; a folder's `__init__` has the name of the folder."""
    paths = [path for folder in (PACKAGE, *OUTSIDE) for path in sorted((root / folder).rglob("*.py"))]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports(root: Path) -> dict[str, set[str]]:
    """For each module the modules of the project that it imports."""
    modules = files(root)
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        targets = set()
        for name in names(path, root):
            parts = name.split(".")
            known = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
            target = next((one for one in known if one in modules), None)
            if target not in (None, module, PACKAGE):  # lib_inpaint itself holds only the version
                targets.add(str(target))
        found[module] = targets
    return found


def room(module: str) -> str:
    """`lib_inpaint.models.sam.sam` -> `models`, `scripts.outpaint` -> `scripts`."""
    parts = module.split(".")
    return parts[0] if parts[0] in OUTSIDE else parts[1] if len(parts) > 1 else PACKAGE


def rooms(graph: Graph) -> dict[str, set[str]]:
    """For each room the rooms that it imports from."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, targets in graph.items():
        found[room(module)] |= {room(target) for target in targets} - {room(module)}
    found.pop(PACKAGE, None)
    return dict(found)


def circles(graph: Graph) -> list[list[str]]:
    """The groups of two and more that import each other, by Tarjan's algorithm."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def upwards(graph: Graph) -> list[tuple[str, str]]:
    """The arrows left out, the thinnest of each circle first, until there is no circle of rooms."""
    rest = {node: set(targets) for node, targets in graph.items()}
    found = []
    while loops := circles(rest):
        group = set(loops[0])
        weights = {node: len([1 for other in group if node in rest[other]]) - len(rest[node] & group) for node in group}
        lowest = max(sorted(group), key=lambda node: weights[node])  # most of the circle stands on it
        for target in sorted(rest[lowest] & group):
            rest[lowest].discard(target)
            found.append((lowest, target))
    return found


def floors(graph: Graph) -> dict[str, int]:
    """The floor of each room, from 1."""
    cut = set(upwards(graph))
    found: dict[str, int] = {}

    def floor(node: str) -> int:
        if node not in found:
            below = [floor(other) for other in graph.get(node, ()) if (node, other) not in cut]
            found[node] = 1 + max(below, default=0)
        return found[node]

    for node in graph:
        floor(node)
    return found


def main(root: Path) -> None:
    graph = imports(root)
    house = rooms(graph)
    up = upwards(house)
    levels = floors(house)
    loops = circles(graph)
    arrows = sum(map(len, house.values()))
    print(f"{len(house)} rooms, {max(levels.values())} floors, {arrows} arrows, {len(up)} of them upwards")
    for source, target in up:
        print(f"  upwards: {source} -> {target}")
    print(f"{len(loops)} circles between files")
    for loop in loops:
        print(f"  circle: {', '.join(loop)}")
    for level in sorted(set(levels.values()), reverse=True):
        print(f"floor {level:2}  {', '.join(sorted(name for name in levels if levels[name] == level))}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve())

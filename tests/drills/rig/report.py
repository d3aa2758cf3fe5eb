"""What a drill came to: one line for people, one for programs."""

import dataclasses
import json


@dataclasses.dataclass
class Figure:
    """One bar of a drill, and what was seen."""

    name: str
    bar: str
    figure: object
    ok: bool

    def line(self) -> str:
        return f"{self.name} bar={self.bar} figure={self.figure} {'ok' if self.ok else 'MISSED'}"


class Report:
    """Collects the figures of one drill and prints each as it comes."""

    def __init__(self, name: str):
        self.name = name
        self.figures: list[Figure] = []

    def add(self, what: str, bar: str, figure, ok: bool):
        one = Figure(f"{self.name} {what}", bar, figure, bool(ok))
        self.figures.append(one)
        print(one.line(), flush=True)

    def at_most(self, what: str, bar: float, figure: float, unit: str = ""):
        self.add(what, f"<={bar}{unit}", f"{figure:.4g}{unit}", figure <= bar)

    def at_least(self, what: str, bar: float, figure: float, unit: str = ""):
        self.add(what, f">={bar}{unit}", f"{figure:.4g}{unit}", figure >= bar)

    def none(self, what: str, figure: int):
        self.add(what, "0", figure, figure == 0)

    def note(self, text: str):
        print(f"{self.name} note: {text}", flush=True)

    def ok(self) -> bool:
        return bool(self.figures) and all(one.ok for one in self.figures)

    def json(self) -> str:
        return json.dumps({"drill": self.name, "ok": self.ok(),
                           "figures": [dataclasses.asdict(one) for one in self.figures]})

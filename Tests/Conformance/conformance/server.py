"""The description of the server under test: its methods for the operations that the cases name."""

import json
import pathlib

OPERATIONS = {"ping", "named", "refused", "unknown"}


class Server:
    def __init__(self, path):
        described = json.loads(pathlib.Path(path).read_text())
        self.name = described["name"]
        self.operations = described["operations"]
        missing = OPERATIONS - set(self.operations)
        if missing:
            raise ValueError(f"{path} does not say what stands for {', '.join(sorted(missing))}")

    def operation(self, name):
        if name not in self.operations:
            raise ValueError(f"no operation {name!r}; there are {', '.join(sorted(self.operations))}")
        return self.operations[name]

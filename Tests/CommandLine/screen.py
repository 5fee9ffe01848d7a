"""A terminal with the features that the progress display needs: the contents of the screen after all output."""

import re

TOKEN = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n])")


class Screen:
    """Text rows without end, as a terminal and its scrollback together.

    Lines wrap at `columns`, and are wrapped again when that changes, as in most terminals.
    """

    def __init__(self, columns=80):
        self.columns = columns
        self.rows = [[]]
        self.wrapped = set()
        self.row = self.column = 0
        self.cursor_hidden = False
        self.colors = 0
        self.redraws = 0
        self.rest = ""

    def feed(self, text):
        text, self.rest = self.rest + text, ""
        cut = re.search(r"\x1b(\[[0-9;?]*)?$", text)
        if cut:
            text, self.rest = text[: cut.start()], cut.group()
        end = 0
        for token in TOKEN.finditer(text):
            assert token.start() == end, f"cannot read {text[end:token.start()]!r}"
            end = token.end()
            self.take(token)
        assert end == len(text), f"cannot read {text[end:]!r}"

    def take(self, token):
        private, number, command, back, newline, character = token.groups()
        if back:
            self.column = 0
        elif newline:
            self.column = 0
            self.down()
        elif character:
            self.put(character)
        elif private:
            assert number == "25", number
            self.cursor_hidden = command == "l"
        else:
            self.control(command, number)

    def control(self, command, number):
        if command == "A":
            self.row -= int(number)
            self.redraws += 1
            assert self.row >= 0, "the cursor left the top"
        elif command == "K":
            del self.rows[self.row][self.column :]
        elif command == "J":
            del self.rows[self.row][self.column :]
            del self.rows[self.row + 1 :]
        elif command == "m":
            self.colors += 1
        else:
            raise AssertionError(f"cannot draw {command}")

    def put(self, character):
        if self.column >= self.columns:
            self.column = 0
            self.down(wraps=True)
        row = self.rows[self.row]
        row.extend(" " * (self.column + 1 - len(row)))
        row[self.column] = character
        self.column += 1

    def resize(self, columns):
        lines, at = [], None
        for number, row in enumerate(self.rows):
            if number in self.wrapped:
                lines[-1] = lines[-1] + row
            else:
                lines.append(list(row))
            if number == self.row:
                at = (len(lines) - 1, len(lines[-1]) - len(row) + self.column)
        self.columns, self.rows, self.wrapped = columns, [], set()
        for number, line in enumerate(lines):
            start = len(self.rows)
            if number == at[0]:
                self.row, self.column = start + at[1] // columns, at[1] % columns
            for first in range(0, max(len(line), 1), columns):
                if first:
                    self.wrapped.add(len(self.rows))
                self.rows.append(line[first : first + columns])

    def down(self, wraps=False):
        self.row += 1
        self.wrapped.discard(self.row)
        if wraps:
            self.wrapped.add(self.row)
        while len(self.rows) <= self.row:
            self.rows.append([])

    @property
    def lines(self):
        lines = ["".join(row).rstrip() for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def text(self):
        return "\n".join(self.lines)

"""Adds ended jobs to a database of bench-jobs: fill-jobs.py DATABASE COUNT. Each job has an instance, five steps and six events."""

import sqlite3
import sys

FIRST = 500_000_000


def identifier(number):
    return f"00000000-0000-7000-8000-{number:012d}"


def main(path, count):
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    columns = [row[1] for row in database.execute("PRAGMA table_info(job)")]
    template = database.execute("SELECT * FROM job WHERE state = 'succeeded' LIMIT 1").fetchone()
    job = dict(zip(columns, template))
    document = database.execute("SELECT document FROM instance WHERE id = ?", [job["instance"]]).fetchone()[0]
    steps = database.execute("SELECT * FROM step WHERE job = ? ORDER BY number", [job["id"]]).fetchall()
    seq = database.execute("SELECT seq FROM event_head").fetchone()[0]
    with database:
        for number in range(FIRST, FIRST + count):
            new = identifier(number)
            instance = document.replace(job["id"], new)
            database.execute(
                "INSERT INTO instance (id, tenant, name, desired, phase, holds_name, document) VALUES (?, ?, ?, 'running', 'running', 1, ?)",
                [new, job["tenant"], f"agent-{number}", instance])
            values = {**job, "id": new, "instance": new, "change": new}
            database.execute(
                f"INSERT INTO job ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", [values[name] for name in columns])
            database.executemany(
                f"INSERT INTO step VALUES ({', '.join('?' * len(steps[0]))})", [(new, *step[1:]) for step in steps])
            for place in range(6):
                seq += 1
                database.execute(
                    "INSERT INTO event (seq, at, type, tenant, instance, job, change, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [seq, job["created_at"], "step.done", job["tenant"], new, new, new, f"step {place} took 0.0 s"])
        database.execute("UPDATE event_head SET seq = ?", [seq])
    print(f"{count} ended jobs were added, {seq} events in all")


main(sys.argv[1], int(sys.argv[2]))

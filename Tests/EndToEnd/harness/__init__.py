"""Shared code of the end-to-end tests. It observes only what a user can observe: sockets, exit codes, files, processes."""

from .clock import WallClock
from .cluster import ENDED, LEASES, Cluster
from .crew import Crew
from .crowd import Crowd, build_load
from .daemon import Daemon, environment
from .follower import Follower
from .places import REAL_HOST, REPOSITORY, ansible_playbook, binary, eventually
from .postgres import Postgres
from .program import Program, finish
from .sandbox import Sandbox
from .schema import SCHEMA
from .scripted import ScriptedSubscriptions, a_newer_daemon, half_a_snapshot
from .traces import assert_nothing_left, children, cloud_leftovers, files_below, processes_of
from .websocket import WebSocket
from .wire import ENDS, Closed, Connection, LengthConnection, RPCError, events_of
from .world import World, fresh_name

__all__ = [
    "ENDED", "ENDS", "LEASES", "REAL_HOST", "REPOSITORY", "Closed", "Cluster", "Connection", "Crew", "Crowd", "Daemon",
    "Follower", "LengthConnection", "Postgres", "Program", "RPCError", "SCHEMA", "Sandbox", "ScriptedSubscriptions", "WallClock",
    "WebSocket", "World",
    "a_newer_daemon", "ansible_playbook", "assert_nothing_left", "binary", "build_load", "children", "cloud_leftovers", "environment",
    "eventually", "events_of", "files_below", "finish", "fresh_name", "half_a_snapshot", "processes_of",
]

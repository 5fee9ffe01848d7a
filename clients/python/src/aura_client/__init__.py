"""Aura's client: one call creates a running, configured, always-on AI agent on its own machine."""

from . import errors
from ._errors import AuraError, CannotSend, ClientClosed, ConnectionLost, JobFailed, ProtocolError
from .aio import AsyncClient, AsyncSubscription
from .client import Client, Subscription
from .types import Event, EventFilter, Instance, Job, OperationResult

__version__ = "0.1.0"
__all__ = [
    "AsyncClient", "AsyncSubscription", "AuraError", "CannotSend", "Client", "ClientClosed", "ConnectionLost", "Event", "EventFilter",
    "Instance", "Job", "JobFailed", "OperationResult", "ProtocolError", "Subscription", "errors",
]

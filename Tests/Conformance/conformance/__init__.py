"""Runs cases of a JSON-RPC 2.0 conformance suite against a server. README.md of the parent folder describes the cases'
format."""

"""Runs cases of a JSON-RPC 2.0 conformance suite against a server. The format of the cases: README.md beside this folder."""

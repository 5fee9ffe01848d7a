"""Stand-in for the OpenClaw gateway: what an installer and a control plane can see of it, and nothing more."""

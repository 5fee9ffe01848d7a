"""Stand-in for Tailscale on a sandbox host: the command line and the daemon as far as joining a tailnet needs them.

No packet ever takes this way: a node is a row at the sandbox's control server and a file on the host.
"""

VERSION = "1.90.1"
STATE_FILE = "/var/lib/tailscale/tailscaled.state"
SOCKET = "/run/tailscale/tailscaled.sock"
LINE_LIMIT_BYTES = 64 * 1024
TAILSCALE_SERVER = "https://controlplane.tailscale.com"

"""Settings of a node, and the rule that `tailscale up` must repeat all of them that are not at their defaults."""

from . import TAILSCALE_SERVER
from .flags import written

# What `up` can set: each flag with its default, which also tells its type.
UP_DEFAULTS = {
    "accept-dns": True, "accept-routes": False, "advertise-exit-node": False, "advertise-routes": "",
    "advertise-tags": "", "exit-node": "", "hostname": "", "login-server": TAILSCALE_SERVER, "netfilter-mode": "on",
    "operator": "", "shields-up": False, "snat-subnet-routes": True, "ssh": False, "stateful-filtering": False,
}
# What `up` takes besides: not kept, so never to be repeated.
UP_PASSING = {"accept-risk": "", "auth-key": "", "force-reauth": False, "json": False, "reset": False, "timeout": "0s"}
# What `set` can change one at a time.
SET_DEFAULTS = {name: value for name, value in UP_DEFAULTS.items() if name not in ("login-server", "advertise-tags")}

REVERT_MESSAGE = """Error: changing settings via 'tailscale up' requires mentioning all
non-default flags. To proceed, either re-run your command with --reset or
use the command below to explicitly mention the current value of
all non-default settings:

\ttailscale up {flags}
"""


def with_operator(new, given, current, user):
    """Whoever is the operator need not say so again."""
    if "operator" not in given and current and current["operator"] == user:
        return {**new, "operator": user}
    return new


def forgotten(new, given, current):
    """The settings that `new` would silently put back to their defaults. The first `up` of all cannot forget any."""
    if not current or not current["login-server"]:
        return []
    return sorted(written(name, current[name]) for name in current if name not in given and current[name] != new[name])


def refusal(values, given, missing):
    """The message for a command that forgot something, with a command that does not."""
    explicit = [written(name, values[name]) for name in sorted(given)]
    return REVERT_MESSAGE.format(flags=" ".join(explicit + missing))

"""Reads `openclaw.json` and the environment as the gateway does, and says what is wrong with them."""

import json
import os
import re
from dataclasses import dataclass

DEFAULT_PORT = 18789
BINDS = {"loopback": "127.0.0.1", "auto": "127.0.0.1", "lan": "0.0.0.0"}
PROVIDER_KEYS = {"ANTHROPIC_API_KEY": "anthropic", "OPENAI_API_KEY": "openai", "OPENROUTER_API_KEY": "openrouter"}
CONFIG_LIMIT_BYTES = 1 << 20


class ConfigError(Exception):
    """The configuration cannot be used; the gateway leaves with status 78."""


@dataclass(frozen=True)
class Settings:
    port: int
    bind: str
    token: str  # "" where there is none
    password: str  # "" where there is none
    providers: tuple  # names only, never keys

    @property
    def address(self):
        return BINDS[self.bind]


def state_directory(environment):
    home = environment.get("OPENCLAW_HOME") or environment.get("HOME") or os.path.expanduser("~")
    return environment.get("OPENCLAW_STATE_DIR") or os.path.join(home, ".openclaw")


def config_path(environment):
    return environment.get("OPENCLAW_CONFIG_PATH") or os.path.join(state_directory(environment), "openclaw.json")


def with_dotenv(environment):
    """The environment, and below it what the state directory's `.env` adds."""
    merged = {}
    try:
        with open(os.path.join(state_directory(environment), ".env"), encoding="utf-8") as file:
            for line in file.read(CONFIG_LIMIT_BYTES).splitlines():
                key, separator, value = line.strip().partition("=")
                if separator and not key.startswith("#"):
                    merged[key.removeprefix("export ").strip()] = value.strip().strip("\"'")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ConfigError(f"cannot read the .env file: {error.strerror}") from error
    merged.update(environment)
    return merged


def plain_json(text):
    """JSON from the part of JSON5 that people write: comments and trailing commas go, strings stay as they are."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
    text = token.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
    comma = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.S)
    return comma.sub(lambda match: match[0] if match[0].startswith('"') else "", text)


def read_config(environment):
    path = config_path(environment)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(CONFIG_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    if len(text) > CONFIG_LIMIT_BYTES:
        raise ConfigError(f"cannot read {path}: it has more than {CONFIG_LIMIT_BYTES} bytes")
    try:
        config = json.loads(plain_json(text))
    except ValueError as error:
        raise ConfigError(f"cannot parse {path}: {error}") from error
    if not isinstance(config, dict):
        raise ConfigError(f"cannot use {path}: an object is expected at the top")
    return config


def section(parent, name, where):
    value = parent.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError(f"cannot use {where}: an object is expected")
    return value


def secret(auth, name, environment):
    """A secret of gateway.auth, with `${NAME}` filled in from the environment; "" where it is not set."""
    value, where = auth.get(name, ""), f"gateway.auth.{name}"
    if not isinstance(value, str):
        raise ConfigError(f"cannot use {where}: a string is expected")

    def variable(match):
        if not environment.get(match[1]):
            raise ConfigError(f"cannot use {where}: the environment variable {match[1]} is not set")
        return environment[match[1]]

    return re.sub(r"\$\{([A-Z_][A-Z0-9_]*)\}", variable, value)


def port_number(text, where):
    try:
        port = int(text)
    except (TypeError, ValueError):
        port = 0
    if isinstance(text, (bool, float)) or not 1 <= port <= 65535:
        raise ConfigError(f"cannot use {where}: a port from 1 to 65535 is expected, not {text!r}")
    return port


def choose_port(flag, environment, gateway):
    """--port stands over OPENCLAW_GATEWAY_PORT, that over gateway.port, that over the default."""
    if flag is not None:
        return port_number(flag, "--port")
    if environment.get("OPENCLAW_GATEWAY_PORT"):
        return port_number(environment["OPENCLAW_GATEWAY_PORT"], "OPENCLAW_GATEWAY_PORT")
    return port_number(gateway.get("port", DEFAULT_PORT), "gateway.port")


def settings(environment, port_flag=None):
    """What the gateway would run with; raises ConfigError where it would not run at all."""
    environment = with_dotenv(environment)
    gateway = section(read_config(environment), "gateway", "gateway")
    mode = gateway.get("mode")
    if mode != "local":
        shown = "unset" if mode is None else repr(mode)
        raise ConfigError(f'cannot start the gateway: set gateway.mode to "local" (it is {shown})')
    auth = section(gateway, "auth", "gateway.auth")
    token = environment.get("OPENCLAW_GATEWAY_TOKEN") or secret(auth, "token", environment)
    password = environment.get("OPENCLAW_GATEWAY_PASSWORD") or secret(auth, "password", environment)
    bind = gateway.get("bind", "loopback")
    if bind not in BINDS:
        raise ConfigError(f"cannot use gateway.bind {bind!r}: this stand-in knows {', '.join(sorted(BINDS))}")
    if bind == "lan" and not (token or password):
        raise ConfigError("cannot bind to lan without authentication: set gateway.auth.token or OPENCLAW_GATEWAY_TOKEN")
    providers = tuple(sorted(name for key, name in PROVIDER_KEYS.items() if environment.get(key)))
    return Settings(choose_port(port_flag, environment, gateway), bind, token, password, providers)

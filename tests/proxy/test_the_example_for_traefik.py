"""No Traefik runs here: its example has what the documented format of its file provider has, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.proxy.caddy import EXAMPLES

# Of Traefik 3: keys of routers and services, each with the type of its value.
ROUTER = {"rule": str, "entryPoints": list, "service": str, "tls": dict, "middlewares": list, "priority": int}
BALANCER = {"servers": list, "healthCheck": dict, "passHostHeader": bool, "sticky": dict, "serversTransport": str}
HEALTH = {"path": str, "interval": str, "timeout": str, "port": int, "scheme": str, "hostname": str}
RULE = re.compile(r"Host\(`[\w.-]+`\)( && PathPrefix\(`/[\w/]+`\))?")


def fits(found: dict[str, Any], known: dict[str, type]) -> bool:
    return all(name in known and isinstance(value, known[name]) for name, value in found.items())


def test_it_has_the_documented_format() -> None:
    example = yaml.safe_load((EXAMPLES / "traefik.yml").read_text())
    assert example.keys() == {"http"} and example["http"].keys() == {"routers", "services"}
    routers, services = example["http"]["routers"], example["http"]["services"]
    for router in routers.values():
        assert fits(router, ROUTER) and RULE.fullmatch(router["rule"]) and router["service"] in services
        assert router["tls"].keys() == {"certResolver"}
        assert "middlewares" not in router, "none takes a part of the path off"
    for service in services.values():
        balancer = service["loadBalancer"]
        assert service.keys() == {"loadBalancer"} and fits(balancer, BALANCER) and fits(balancer["healthCheck"], HEALTH)
        assert all(server.keys() == {"url"} for server in balancer["servers"])
        assert balancer["healthCheck"]["path"] == "/healthz", "which is answered whatever the host, and with no login"

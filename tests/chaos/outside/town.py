"""Sets up the region of this proof in a running stack: fifty ports that are told by mail and webhook, four that tell them, one outside.

Run in a process of its own, with the stack's environment: `python -m tests.chaos.outside.town <address of the receivers>`.
It prints JSON: `{"senders": [token …], "region": id, "ports": {name: id}}`.
"""

import json
import sys
from typing import Any

import django

django.setup()

from portsec.access.acting import as_system  # noqa: E402 (Django must be set up before its models are)
from portsec.access.actions import create_organisation, create_region, issue_token, join_region  # noqa: E402
from portsec.access.models import Organisation  # noqa: E402
from portsec.delivery.models import Endpoint, EscalationPolicy  # noqa: E402
from portsec.delivery.secrets import new_webhook_secret, seal_secret  # noqa: E402
from portsec.delivery.severity import Severity  # noqa: E402
from tests.chaos.outside.names import mailbox_of, path_of  # noqa: E402

COUNT, SENDERS = 50, 4
STEPS = [{"after": 0, "step": "remind"}, {"after": 5, "step": "all_contacts"}, {"after": 10, "step": "coordinator"}]


def build(receivers: str) -> dict[str, Any]:
    kinds = Organisation.Kind
    region = create_region("Region of the storm")
    council = create_organisation("Council of the storm", kinds.COORDINATION_BODY)
    ports = [create_organisation(f"Storm port {number:02}", kinds.PORT) for number in range(COUNT)]
    senders = [create_organisation(f"Storm sender {number}", kinds.PORT) for number in range(SENDERS)]
    outsider = create_organisation("Storm outsider", kinds.PORT)
    for one in (council, *ports, *senders):
        join_region(one, region)
    with as_system("the proof: ways to tell the ports of the storm"):
        for one in (council, *ports, outsider):
            ways_of(one, receivers)
        EscalationPolicy.objects.create(region=region, steps=STEPS)
    tokens = [issue_token(one, "storm")[1] for one in senders]
    return {"senders": tokens, "region": str(region.pk), "ports": {one.name: str(one.pk) for one in ports}}


def ways_of(one: Any, receivers: str) -> None:
    told = {"organisation": one, "label": "Watch", "kinds": ["alert"], "severities": list(Severity.values)}
    Endpoint.objects.create(channel="email", address=mailbox_of(one.name), **told)
    sealed = seal_secret(new_webhook_secret())
    Endpoint.objects.create(channel="webhook", address=receivers + path_of(one.name), sealed_secret=sealed, **told)


if __name__ == "__main__":
    print(json.dumps(build(sys.argv[1])))

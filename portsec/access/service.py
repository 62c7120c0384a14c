"""An organisation's service user, for what comes from outside without a person: a link in a message, a program."""

from collections.abc import Iterable

from portsec.access.acting import Acting
from portsec.access.models import Membership, Organisation
from portsec.access.roles import Role


def acting_as_service(organisation: Organisation, scopes: Iterable[str]) -> Acting:
    """Acts with these scopes and nothing else. It never reads TLP:RED."""
    membership = Membership.objects.select_related("user").get(organisation=organisation, role=Role.SERVICE)
    return Acting(membership.user, organisation, Role.SERVICE, scopes=frozenset(scopes))

from portsec.access.models.audience import Audience, AudienceGrant
from portsec.access.models.invitation import Invitation
from portsec.access.models.openid import OpenIdConnection, OpenIdLink
from portsec.access.models.organisation import Membership, Organisation, Region, RegionMembership
from portsec.access.models.proposal import Proposal
from portsec.access.models.shareable import Shareable, ShareableManager, ShareableQuerySet
from portsec.access.models.token import ServiceToken
from portsec.access.models.user import User

__all__ = [
    "Audience",
    "AudienceGrant",
    "Invitation",
    "Membership",
    "OpenIdConnection",
    "OpenIdLink",
    "Organisation",
    "Proposal",
    "Region",
    "RegionMembership",
    "ServiceToken",
    "Shareable",
    "ShareableManager",
    "ShareableQuerySet",
    "User",
]

"""What this room tells the others about itself."""

from portsec.access.queries import tokens_to_rotate
from portsec.access.region_queries import proposals_to_answer
from portsec.face.waits import register_waits
from portsec.live.links import register_link

ICONS = {
    "member.added": "user",
    "member.invited": "mail",
    "member.invitation_withdrawn": "cross",
    "member.removed": "out",
    "member.role_changed": "edit",
    "organisation.added": "plus",
    "organisation.closed": "cross",
    "organisation.removed": "out",
    "organisation.reopened": "check",
    "port.imported": "pin",
    "proposal.accepted": "check",
    "proposal.declined": "cross",
    "proposal.made": "ask",
    "proposal.received": "inbox",
    "proposal.withdrawn": "cross",
    "region.created": "plus",
    "region.edited": "edit",
    "region.unlinked": "cross",
    "sign_in.provider_removed": "cross",
    "sign_in.provider_set": "key",
    "sign_in.rule_changed": "edit",
    "token.created": "key",
    "token.rotated": "key",
    "token.revoked": "cross",
}


def register() -> None:
    register_link("invitation", lambda pk: "", icons=ICONS)  # their pages are for a few, the entries for the whole organisation
    register_link("proposal", lambda pk: "")
    register_link("region", lambda pk: "")
    register_waits(tokens_to_rotate)
    register_waits(proposals_to_answer)

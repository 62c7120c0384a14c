"""What this room tells the others about itself."""

from portsec.access.queries import tokens_to_rotate
from portsec.face.waits import register_waits
from portsec.live.links import register_link

ICONS = {
    "member.added": "user",
    "member.invited": "mail",
    "member.invitation_withdrawn": "cross",
    "member.removed": "out",
    "member.role_changed": "edit",
    "sign_in.provider_removed": "cross",
    "sign_in.provider_set": "key",
    "sign_in.rule_changed": "edit",
    "token.created": "key",
    "token.rotated": "key",
    "token.revoked": "cross",
}


def register() -> None:
    register_link("invitation", lambda pk: "", icons=ICONS)  # their pages are for a few, the entries for the whole organisation
    register_waits(tokens_to_rotate)

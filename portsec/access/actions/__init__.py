"""The verbs of this room: who belongs where, and for whom one acts. What they grant or take away is journalled."""

from portsec.access.actions.invitations import accept_as_member, accept_as_new, invite_person, send_again, withdraw_invitation
from portsec.access.actions.members import (
    add_member,
    change_role,
    deactivate_member,
    hand_over,
    reactivate_member,
    remove_member,
)
from portsec.access.actions.organisations import create_organisation, create_region, join_region, leave_region
from portsec.access.actions.sign_in import (
    allow_passwords,
    connect_provider,
    disconnect_provider,
    require_second_factor_from,
    test_provider,
)
from portsec.access.actions.tokens import create_token, issue_token, revoke_token, rotate_token

__all__ = [
    "accept_as_member",
    "accept_as_new",
    "add_member",
    "allow_passwords",
    "change_role",
    "connect_provider",
    "create_organisation",
    "create_region",
    "create_token",
    "deactivate_member",
    "disconnect_provider",
    "hand_over",
    "invite_person",
    "issue_token",
    "join_region",
    "leave_region",
    "reactivate_member",
    "remove_member",
    "require_second_factor_from",
    "revoke_token",
    "rotate_token",
    "send_again",
    "test_provider",
    "withdraw_invitation",
]

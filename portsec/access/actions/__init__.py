"""The verbs of this room: who belongs where, and for whom one acts. What they grant or take away is journalled."""

from portsec.access.actions.first_administrator import invite_first_administrator
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
from portsec.access.actions.proposals import accept_proposal, decline_proposal, propose_link, propose_membership, withdraw_proposal
from portsec.access.actions.regions import (
    close_organisation,
    edit_region,
    found_region,
    remove_from_region,
    reopen_organisation,
    set_up_organisation,
    unlink_region,
)
from portsec.access.actions.setup import set_up_installation
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
    "accept_proposal",
    "add_member",
    "allow_passwords",
    "change_role",
    "close_organisation",
    "connect_provider",
    "create_organisation",
    "create_region",
    "create_token",
    "deactivate_member",
    "decline_proposal",
    "disconnect_provider",
    "edit_region",
    "found_region",
    "hand_over",
    "invite_first_administrator",
    "invite_person",
    "issue_token",
    "join_region",
    "leave_region",
    "propose_link",
    "propose_membership",
    "reactivate_member",
    "remove_from_region",
    "remove_member",
    "reopen_organisation",
    "require_second_factor_from",
    "revoke_token",
    "rotate_token",
    "send_again",
    "set_up_installation",
    "set_up_organisation",
    "test_provider",
    "unlink_region",
    "withdraw_invitation",
    "withdraw_proposal",
]

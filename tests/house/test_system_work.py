"""Every place that works as the system role, which sees all organisations. A new one fails until it stands here with its reason."""

import ast
from pathlib import Path

from tests.house.source import files, functions, imports, tree

# (file, function): the reason that it gives. The role is for work that belongs to no organisation, and for nothing else.
SYSTEM_WORK = {
    ("incidents/actions.py", "expire_alerts"): "alerts expire by themselves, in the name of their owners",
    ("ports/actions/declaration_answers.py", "expire_declarations"): "declarations end with their period, in the name of their ports",
    ("ports/actions/importing.py", "_bring_in"): "ports of a file: organisations that do not exist yet",
    ("portsec/access/actions/first_administrator.py", "invite_first_administrator"): "the first administrator of an empty organisation",
    ("ports/actions/plans.py", "_lapse"): "levels that were planned take effect at their time",
    ("ports/actions/plans.py", "take_effect"): "levels that were planned take effect at their time",
    ("portsec/access/actions/invitations.py", "accept_as_member"): "a person takes up an invitation, and belongs nowhere yet",
    ("portsec/access/actions/invitations.py", "accept_as_new"): "a person takes up an invitation, and belongs nowhere yet",
    ("portsec/access/actions/invitations.py", "find_invitation"): "an invitation is found by its link, before anybody acts",
    ("portsec/access/actions/members.py", "add_member"): "membership of an organisation",
    ("portsec/access/actions/members.py", "change_role"): "membership of an organisation",
    ("portsec/access/actions/members.py", "deactivate_member"): "membership of an organisation",
    ("portsec/access/actions/members.py", "hand_over"): "membership of an organisation",
    ("portsec/access/actions/members.py", "reactivate_member"): "membership of an organisation",
    ("portsec/access/actions/members.py", "remove_member"): "membership of an organisation",
    ("portsec/access/actions/organisations.py", "create_organisations"): "regions and organisations are set up by the operator",
    ("portsec/access/actions/organisations.py", "create_region"): "regions and organisations are set up by the operator",
    ("portsec/access/actions/organisations.py", "link_regions"): "regions that share with each other",
    ("portsec/access/actions/organisations.py", "unlink_regions"): "regions that share with each other",
    ("portsec/access/actions/organisations.py", "join_many"): "membership of a region and its grants",
    ("portsec/access/actions/organisations.py", "leave_region"): "membership of a region and its grants",
    ("portsec/access/actions/proposals.py", "accept_proposal"): "an answer to a proposal changes who sees what",
    ("portsec/access/actions/proposals.py", "decline_proposal"): "an answer to a proposal changes who sees what",
    ("portsec/access/actions/proposals.py", "propose_link"): "whom a proposal means, who may be unknown to the one who asks",
    ("portsec/access/actions/proposals.py", "propose_membership"): "whom a proposal means, who may be unknown to the one who asks",
    ("portsec/access/actions/proposals.py", "withdraw_proposal"): "an answer to a proposal changes who sees what",
    ("portsec/access/actions/regions.py", "_set_open"): "an organisation is closed, or opened again",
    ("portsec/access/actions/regions.py", "edit_region"): "a region of a coordination body",
    ("portsec/access/actions/regions.py", "found_region"): "a region of a coordination body",
    ("portsec/access/actions/regions.py", "remove_from_region"): "membership of a region and its grants",
    ("portsec/access/actions/regions.py", "set_up_organisation"): "a new organisation in a region",
    ("portsec/access/actions/regions.py", "unlink_region"): "a region of a coordination body",
    ("portsec/access/actions/setup.py", "set_up_installation"): "the first day of an installation, on which nobody belongs anywhere",
    ("portsec/access/invitation_mail.py", "deliver_to_first"): "the first administrator of an empty organisation",
    ("portsec/access/actions/sign_in.py", "_set_rule"): "how the people of an organisation sign in",
    ("portsec/access/actions/sign_in.py", "disconnect_provider"): "the links to a provider are nobody's to see",
    ("portsec/access/openid/flow.py", "admit"): "a person whom a provider vouches for belongs nowhere yet",
    ("portsec/access/openid/flow.py", "find_connection"): "a person who is not signed in is led to the provider of the own organisation",
    ("portsec/access/openid/flow.py", "read_connection"): "a person who is not signed in comes back from a provider",
    ("portsec/delivery/actions/telling.py", "mark_delivered"): "marks of dashboards, for many organisations at once",
    ("portsec/delivery/actions/telling.py", "mark_seen"): "marks of dashboards, for many organisations at once",
    ("portsec/delivery/boards.py", "word_for_boards"): "whose boards show a delivery",
    ("portsec/delivery/checks.py", "confirm"): "a link in a message is opened, before anybody acts",
    ("portsec/delivery/checks.py", "find_checked"): "a link in a message is opened, before anybody acts",
    ("portsec/delivery/disabling.py", "switch_off"): "an address is dead: switched off, and its owner told",
    ("portsec/delivery/escalation.py", "_escalate"): "steps of escalations that are due, for many organisations at once",
    ("portsec/delivery/flood.py", "flood_of"): "how many messages an endpoint got lately",
    ("portsec/delivery/leases.py", "lease"): "dispatches are leased and settled, for many organisations at once",
    ("portsec/delivery/leases.py", "settle"): "dispatches are leased and settled, for many organisations at once",
    ("portsec/delivery/sorting.py", "sort_out"): "what is sent is read with its endpoints, for many organisations at once",
    ("portsec/delivery/views/answer.py", "_find"): "a link in a message is opened, before anybody acts",
    ("portsec/delivery/watchdog.py", "_end_alarm"): "watchdog: an alarm is raised, or ended",
    ("portsec/delivery/watchdog.py", "_raise_alarm"): "watchdog: an alarm is raised, or ended",
    ("portsec/delivery/watchdog.py", "_tell"): "watchdog: coordinators are told that deliveries are late",
    ("portsec/delivery/watchdog.py", "look"): "watchdog: what should have been sent or escalated and was not",
    ("portsec/demo/management/commands/demo.py", "has_history"): "has the demo been filled?",
    ("portsec/demo/setting.py", "_person"): "people of the demo",
    ("portsec/demo/setting.py", "_port"): "profiles of the demo",
    ("portsec/demo/setting.py", "accounts"): "tokens of the demo",
    ("portsec/demo/worker.py", "next_step"): "the demo: when would the worker have escalated?",
    ("portsec/journal/idempotency.py", "forget_old_keys"): "answers to repeated requests are kept for a day",
    ("portsec/live/health.py", "_lag"): "health: entries without a number",
    ("portsec/live/news.py", "count_missed"): "READS",
    ("portsec/live/news.py", "read_ends"): "READS",
    ("portsec/live/news.py", "read_missed"): "READS",
    ("portsec/live/news.py", "read_news"): "READS",
    ("portsec/live/news.py", "read_open_sessions"): "READS",
    ("portsec/live/news.py", "read_organisations"): "READS",
    ("portsec/live/news.py", "read_valid_tokens"): "READS",
}
# Files that ask the system's connection by its name, and what for.
SYSTEM_CONNECTIONS = {
    "portsec/access/actions/organisations.py": "the grants that a region's audiences lack, inside as_system",
    "portsec/access/actions/setup.py": "the lock of the first day, inside as_system",
    "portsec/delivery/actions/telling.py": "the one UPDATE of the marks, inside as_system",
    "portsec/delivery/audible.py": "what an escalation tells, one statement a step, inside as_system",
    "portsec/delivery/boards.py": "which boards show a delivery, inside as_system",
    "portsec/delivery/leases.py": "leases and outcomes, one statement a batch, inside as_system",
    "portsec/delivery/watchdog.py": "the lock by which one watchdog at a time helps out, and the savepoint of an alarm",
    "portsec/journal/sequencer.py": "the numbering function, which the application may not call",
    "portsec/live/health.py": "a look at the queue of unnumbered entries, inside as_system",
    "portsec/live/news.py": "the hub's reading, inside as_system",
}

# Benchmarks fill databases of their own, millions of rows at a time, and empty them again: no request comes there.
OWN_DATABASES = "portsec/bench/"


def product() -> list[Path]:
    return [path for path in files() if not str(path).startswith(OWN_DATABASES)]


def reason_of(call: ast.Call) -> str:
    """A constant is shown by its name."""
    (argument,) = call.args
    return argument.value if isinstance(argument, ast.Constant) else ast.unparse(argument)


def system_work(path: Path) -> dict[tuple[str, str], str]:
    return {
        (str(path), function.name): reason_of(node)
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "as_system"
    }


def test_every_place_that_works_as_the_system_is_listed_with_its_reason() -> None:
    found = {place: reason for path in product() for place, reason in system_work(path).items()}
    assert found == SYSTEM_WORK


def test_nobody_gives_it_another_name_to_hide_behind() -> None:
    renamed = [
        str(path)
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "as_system" and alias.asname for alias in node.names)
    ]
    assert renamed == []


def test_who_works_as_the_system_imports_it_from_its_one_place() -> None:
    users = {place for place, _function in SYSTEM_WORK}
    importers = {str(path) for path in product() for name, _line in imports(path) if name == "portsec.access.acting.as_system"}
    assert importers == users


def says(node: ast.AST | None, word: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == word


def names_the_connection(node: ast.AST, alias: str) -> bool:
    """`connections["system"]`, `using="system"`, `.using("system")`."""
    if isinstance(node, ast.Subscript):
        return says(node.slice, alias) and "connections" in ast.unparse(node.value)
    if not isinstance(node, ast.Call):
        return False
    chosen = ast.unparse(node.func).endswith((".using", ".db_manager")) and any(says(one, alias) for one in node.args)
    return chosen or any(word.arg == "using" and says(word.value, alias) for word in node.keywords)


def test_only_the_listed_files_ask_the_systems_connection() -> None:
    found = {str(path) for path in product() for node in ast.walk(tree(path)) if names_the_connection(node, "system")}
    # on_commit after system work, and the context itself
    assert found - {"portsec/access/acting.py", "portsec/journal/actions.py"} == set(SYSTEM_CONNECTIONS)


def test_nothing_but_migrations_asks_as_the_owner() -> None:
    assert [str(path) for path in product() for node in ast.walk(tree(path)) if names_the_connection(node, "owner")] == []

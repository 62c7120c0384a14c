from portsec.access.views.own import account, own_address, roles, set_theme, switch_organisation

__all__ = ["account", "own_address", "roles", "set_theme", "switch_organisation"]

from ports.queries.contacts import whom_to_call
from ports.queries.levels import PortLevel, in_coast_order, next_turn, own_region, port_levels

__all__ = ["PortLevel", "in_coast_order", "next_turn", "own_region", "port_levels", "whom_to_call"]

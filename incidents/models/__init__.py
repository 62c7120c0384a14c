from incidents.models.alert import Alert, AlertMessage

__all__ = ["Alert", "AlertMessage"]

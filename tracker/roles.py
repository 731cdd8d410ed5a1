"""The roles: Django groups with their permissions."""

from typing import Any

from django.apps import apps as installed

VIEWER = ("view_incident", "view_areaofinterest", "view_alert")
REPORTER = (*VIEWER, "add_incident")
OPERATOR = (
    *REPORTER,
    "change_incident",
    "delete_incident",
    "review_incident",
    "add_areaofinterest",
    "change_areaofinterest",
    "delete_areaofinterest",
    "change_alert",
)
ADMINISTRATOR = (
    *OPERATOR,
    "view_notification",
    *(f"{action}_user" for action in ("view", "add", "change", "delete")),
    "view_group",
)
ROLES = {
    "viewer": VIEWER,
    "reporter": REPORTER,
    "operator": OPERATOR,
    "administrator": ADMINISTRATOR,
}


def create_roles(using: str, apps: Any = installed, **_signal: Any) -> None:
    """Add the roles that are missing; a receiver of `post_migrate`, which makes permissions first.

    A role that is there is left alone: an administrator may have changed it.
    """
    roles = apps.get_model("auth", "Group").objects.using(using)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    for name, codenames in ROLES.items():
        role, is_new = roles.get_or_create(name=name)
        if is_new:
            role.permissions.set(permissions.filter(codename__in=codenames))

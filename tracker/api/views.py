"""What all of the API has in common."""

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions
from rest_framework.request import Request

from tracker.actors import act_as


class Pages(PageNumberPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500


class RolePermissions(DjangoModelPermissions):
    """What a role may do with the rows of a model; seeing them needs a permission too."""

    perms_map = {
        **DjangoModelPermissions.perms_map,
        **{method: ["%(app_label)s.view_%(model_name)s"] for method in SAFE_METHODS},
    }


class ActionPermissions(RolePermissions):
    """As RolePermissions, unless a view or an action names what it `needs`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        needed = getattr(view, "needs", None)
        if needed is None:
            return super().has_permission(request, view)
        return bool(request.user and request.user.is_authenticated) and request.user.has_perm(
            needed
        )


class Acting:
    """A view whose changes are those of the user that a session or a token tells.

    Attributes:
        needs: the permission that an action asks for, if not that of its method.
    """

    needs: str | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        act_as(request.user)

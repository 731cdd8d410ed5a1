"""Who may open which page."""

from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpResponse


class RoleRequired(PermissionRequiredMixin):
    """Asks for a login, and answers 403 to those whose roles lack `permission_required`."""

    permission_required: str

    def handle_no_permission(self) -> HttpResponse:
        self.raise_exception = self.raise_exception or self.request.user.is_authenticated
        return super().handle_no_permission()

    def has_permission(self) -> bool:
        user: Any = self.request.user
        return user.is_active and super().has_permission()

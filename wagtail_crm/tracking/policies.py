"""Who may do what with events that were set aside."""

from typing import Any

from wagtail.permission_policies import ModelPermissionPolicy


class RefusedEventPolicy(ModelPermissionPolicy):
    """They are looked at, tried again and thrown away; nobody makes or edits one."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action not in ("add", "change") and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)

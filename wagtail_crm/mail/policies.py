"""Who may do what with campaigns."""

from typing import Any

from wagtail.permission_policies import ModelPermissionPolicy

from .models import Campaign


class CampaignPermissionPolicy(ModelPermissionPolicy):
    """Django's permissions, and nobody deletes a campaign whose mails are on their way."""

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Campaign) -> bool:
        if action == "delete" and instance.is_under_way:
            return False
        return super().user_has_permission_for_instance(user, action, instance)

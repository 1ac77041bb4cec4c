"""What members get for answering, beside the questions: it is decided elsewhere."""

from typing import Any

from wagtail.admin.panels import HelpPanel

from wagtail_crm.tracking.rewards import promised_rewards, rewards


class RewardPanel(HelpPanel):
    """Shown where something rewards members at all."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template", "wagtail_crm/surveys/admin/_reward.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def is_shown(self) -> bool:
            return bool(rewards.values()) and super().is_shown()

        def get_context_data(self, parent_context: Any = None) -> Any:
            # It imports the tables, which need the site's page model (see pages.py).
            from .kinds import SURVEY_ANSWER  # noqa: PLC0415

            context = super().get_context_data(parent_context)
            page = self.instance
            context["rewards"] = promised_rewards(SURVEY_ANSWER, [page])[page.pk]
            return context

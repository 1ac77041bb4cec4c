"""Accounts with our registration in front: ``path("accounts/", include(…))``.

Takes the place of ``include("allauth.urls")``; allauth finds the form under its own name,
``account_signup``.
"""

from django.urls import include, path

from .views.signup import SignupConfirmView, SignupView

urlpatterns = [
    path("signup/", SignupView.as_view(), name="account_signup"),
    path("signup/confirm/", SignupConfirmView.as_view(), name="account_signup_confirm"),
    path("", include("allauth.urls")),
]

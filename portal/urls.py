"""All addresses: the app's, sign-in, Django's read-only admin, and the error pages."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from invitations.views import ui

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

sign_in: list[URLPattern | URLResolver] = [
    path("login/", login_not_required(account.login), name="account_login"),
    path("logout/", login_not_required(account.logout), name="account_logout"),
    path("signup/", login_not_required(account.signup), name="account_signup"),
    path("inactive/", login_not_required(account.account_inactive), name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", login_not_required(account.password_reset), name="account_reset_password"),
    path(
        "password/reset/done/",
        login_not_required(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login_not_required(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        login_not_required(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("invitations.urls")),
    *sign_in,
    path(
        "admin/password_change/",
        RedirectView.as_view(pattern_name="account_change_password"),
        name="admin_password",
    ),
    path("admin/", admin.site.urls),
]
if settings.DEBUG:
    urlpatterns += [path("ui/", ui.gallery, name="ui")]

handler400 = "invitations.views.errors.bad_request"
handler403 = "invitations.views.errors.forbidden"
handler404 = "invitations.views.errors.not_found"
handler500 = "invitations.views.errors.server_error"

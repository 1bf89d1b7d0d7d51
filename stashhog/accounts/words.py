"""Texts of Django's own pages of users that it has no German for."""

from django.utils.translation import gettext_noop as _

OF_DJANGO = (
    _("After you’ve created a user, you’ll be able to edit more user options."),
    _("Enable password-based authentication"),
    _("Enable password-based authentication for this user by setting a password."),
    _("Password-based authentication"),
    _("Set password: %s"),
    _("This action will <strong>enable</strong> password-based authentication for this user."),
    _("This action will <strong>disable</strong> password-based authentication for this user."),
    _("Disable password-based authentication"),
    _("Enabled"),
    _("Disabled"),
    _("Raw passwords are not stored, so there is no way to see the user’s password."),
    _("Reset password"),
    _("Set password"),
    _("Password-based authentication was disabled."),
    _("Conflicting form data submitted. Please try again."),
    _("In case you’ve forgotten, you are:"),
    _(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to "
        "authenticate using other backends, such as Single Sign-On or LDAP."
    ),
)

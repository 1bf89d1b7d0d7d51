"""API tokens in the admin: made there and shown once, listed, and revoked by deleting them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jobs.models import ApiToken, Purpose
from jobs.scheduling.triggering import command_lines
from jobs.web import tokens
from jobs.web.admin.acting import ReadOnlyAdmin
from jobs.web.admin.values import switch

LONGEST = timedelta(days=36525)  # until a token expires; the last day of all can't be told in every time zone


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]
    purpose = forms.ChoiceField(label=capfirst(_("purpose")), choices=Purpose, required=False, initial=Purpose.ALL)

    class Meta:
        model = ApiToken
        fields = ["user", "label", "purpose", "scope", "expires_at"]

    def clean_purpose(self) -> str:
        return self.cleaned_data["purpose"] or Purpose.ALL

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise forms.ValidationError(_("This has passed already: give a time to come, or leave it empty."))
        if expires_at and expires_at > timezone.now() + LONGEST:
            raise forms.ValidationError(_("Give a time within 100 years, or leave it empty."))
        return expires_at


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    form = ApiTokenForm
    list_display = [
        "__str__",
        "user",
        "purpose",
        "scope",
        "prefix",
        "is_valid",
        "created_at",
        "expires_at",
        "last_used_at",
    ]
    list_filter = ["purpose", "scope"]
    list_select_related = ["user"]
    search_fields = ["label", "prefix", "user__username"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        made = ["prefix", "is_valid", "created_at", "last_used_at"]
        return [*ApiTokenForm.Meta.fields, *(made if obj else [])]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.add_apitoken")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("jobs.delete_apitoken")

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Users who can have a token. With one of a superuser an admin could do more than an admin may."""
        if db_field.name == "user":
            users = db_field.related_model._default_manager.filter(is_active=True)
            kwargs["queryset"] = users if request.user.is_superuser else users.filter(is_superuser=False)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.shown_once = tokens.assign(obj)
        obj.save(force_insert=True)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The token itself, in the answer alone: a message would be kept in the session, or in a cookie."""
        site = f"{request.scheme}://{request.get_host()}"
        lines = command_lines(site, obj.shown_once) if obj.purpose == Purpose.TRIGGER else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Token made"),
            "opts": self.opts,
            "token": obj,
            "command_lines": lines,
        }
        return TemplateResponse(request, "admin/jobs/apitoken/made.html", context)

    @admin.display(description=_("valid"))
    def is_valid(self, token: ApiToken) -> SafeString:
        return switch(token.user.is_active and (token.expires_at is None or token.expires_at > timezone.now()))

"""Channels and their messages in the admin. The address of a channel is typed, and never shown again."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from jobs.errors import BadRequest
from jobs.permissions import require
from jobs.texts.translatable import message_of, translated
from jobs.web.admin.acting import ActingAdmin, ReadOnlyAdmin, action
from stashhog.ops.notifications import channels, delivering
from stashhog.ops.notifications.models import Cause, Channel, Message
from stashhog.ops.notifications.permissions import CHANGE_CHANNEL

LIST = "admin:notifications_channel_changelist"


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),  # without its value when the form comes back
        help_text=_(
            "As apprise takes it, such as ntfy://nas/topic, tgram://bottoken/chat, discord://id/token, "
            "mailto://user:password@example.com or json://host/path."
        ),
    )
    causes = forms.MultipleChoiceField(
        label=capfirst(_("causes")),
        choices=Cause,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("What it is told of."),
    )

    class Meta:
        model = Channel
        fields = ["name", "enabled", "causes", "digest", "digest_hour"]

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["url"].required = False
            self.fields["url"].help_text = _("It is set, and not shown. Leave this empty to keep it.")
        else:
            self.initial["causes"] = Cause.values

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if address := values.get("url"):
            try:
                channels.set_address(self.instance, address)
            except BadRequest as error:
                self.add_error("url", translated(message_of(error)))
        return values


def in_words(causes: list[str]) -> str:
    return ", ".join(str(Cause(cause).label) for cause in causes if cause in Cause.values)


@admin.register(Channel)
class ChannelAdmin(ActingAdmin):
    form = ChannelForm
    change_form_template = "admin/notifications/channel/change_form.html"
    list_display = [
        "name",
        "enabled",
        "service",
        "cause_labels",
        "digest",
        "last_sent_at",
        "waiting",
        "failures",
        "error",
    ]
    list_filter = ["enabled", "digest"]
    search_fields = ["name"]
    formatters: ClassVar[Any] = {"causes": in_words}
    actions = ["send_test"]
    readonly_fields = ["service", "last_sent_at", "failures", "retry_at", "error"]
    fieldsets = [
        (None, {"fields": ["name", "enabled", "url", "causes"]}),
        (_("Once a day"), {"fields": ["digest", "digest_hour"]}),
        (_("How it goes"), {"fields": ["service", "last_sent_at", "failures", "retry_at", "error"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        rows: QuerySet[Channel] = super().get_queryset(request)
        return rows.annotate(waiting_count=Count("messages", filter=Q(messages__status__in=Message.OPEN)))

    @admin.display(description=_("told of"))
    def cause_labels(self, channel: Channel) -> str:
        return in_words(channel.causes) or gettext("nothing")

    @admin.display(description=_("waiting"))
    def waiting(self, channel: Channel) -> int:
        return channel.waiting_count  # type: ignore[attr-defined, no-any-return]

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        channels.store(obj, request.user)  # type: ignore[arg-type]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its messages go with a channel, although nobody deletes one by itself."""
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return shown, counts, lacking - {Message._meta.verbose_name}, protected

    @action(_("Send a test message"), CHANGE_CHANNEL)
    def send_test(self, request: HttpRequest, rows: QuerySet[Channel]) -> None:
        for channel in Channel.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[: channels.MOST])):
            self.tell(request, channel)

    def tell(self, request: HttpRequest, channel: Channel) -> None:
        """Send a test to it, and say how that went."""
        if why := channels.test(channel):
            messages.error(request, f"{channel}: {translated(why)}")
        else:
            messages.success(
                request,
                gettext("{channel}: {service} took the test message.").format(channel=channel, service=channel.service),
            )

    def get_urls(self) -> list[Any]:
        # Not a part of the form, which Django saves in a transaction: sending takes seconds.
        view = self.admin_site.admin_view(require_POST(self.test_view))
        return [path("<int:channel_id>/test/", view, name="notifications_channel_test"), *super().get_urls()]

    def test_view(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        require(request.user, CHANGE_CHANNEL)
        channel = get_object_or_404(Channel, pk=channel_id)
        self.tell(request, channel)
        return redirect("admin:notifications_channel_change", channel.pk)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["title", "cause", "channel", "status", "at", "tried_at", "attempts", "error"]
    list_filter = ["status", "cause", "channel"]
    list_select_related = ["channel"]
    search_fields = ["title", "text"]
    exclude = ["claim"]
    actions = ["send_again"]

    @action(_("Send again: given up, or unsure"), CHANGE_CHANNEL)
    def send_again(self, request: HttpRequest, rows: QuerySet[Message]) -> None:
        count = delivering.send_again(Message.objects.filter(pk__in=rows.values("pk")))
        messages.success(request, gettext("{count} to be sent again.").format(count=count))

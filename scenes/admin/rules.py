"""Rules per tag: a list that is edited in place, import and export, and what the rules would change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs import engine
from jobs.permissions import START, allowed, require
from jobs.web.admin.acting import ActingAdmin, action
from scenes.models import TagRule
from scenes.permissions import CHANGE_RULES, VIEW_RULES
from scenes.rules.csv_files import MAX_BYTES, BadFile, decoded, read
from scenes.rules.importing import planned, take_over
from scenes.web.api.rules import csv_response

PAGE = "admin:scenes_tagrule_changelist"
SCENES = 200  # that are tried on the page, unless somebody says otherwise
EDITABLE = [
    "wanted", "markers_enabled", "scene_tag_enabled", "required_scene_tag_duration", "min_marker_duration", "max_gap",
    "min_confidence",
]  # fmt: skip


class ImportForm(forms.Form):
    """A file first; then its text, which the page that showed what it changes holds."""

    file = forms.FileField(
        label=capfirst(_("file")), required=False, help_text=_("CSV, at most 1 MB, in the columns that people share.")
    )
    text = forms.CharField(required=False, max_length=MAX_BYTES, strip=False, widget=forms.HiddenInput)
    replace = forms.BooleanField(required=False, label=_("Delete the rules that the table does not have"))

    def content(self) -> bytes:
        """Raises BadFile."""
        uploaded = self.cleaned_data["file"]
        if uploaded is not None:
            return bytes(uploaded.read(MAX_BYTES + 1))
        if not self.cleaned_data["text"]:
            raise BadFile(gettext("Choose a file."))
        return str(self.cleaned_data["text"]).encode()


class TryForm(forms.Form):
    max_scenes = forms.IntegerField(min_value=1, max_value=2000, initial=SCENES, label=_("Scenes, the newest first"))


@admin.register(TagRule)
class TagRuleAdmin(ActingAdmin):
    """What a rule leaves open is as in the default rule, the first one."""

    list_display = ["__str__", "category", "stash_name", *EDITABLE]
    list_editable = EDITABLE
    list_filter = ["wanted", "markers_enabled", "scene_tag_enabled", "category"]
    search_fields = ["tag_name", "stash_name", "category"]
    list_per_page = 50
    show_full_result_count = False
    change_list_template = "admin/scenes/tagrule/change_list.html"
    actions = ["want", "do_not_want", "no_markers", "as_default"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        ours = [
            path("import/", view(self.import_view), name="scenes_tagrule_import"),
            path("export/", view(self.export_view), name="scenes_tagrule_export"),
            path("try/", view(self.try_view), name="scenes_tagrule_try"),
        ]
        return ours + super().get_urls()

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        found = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(found, forms.NullBooleanField):
            (unknown, _), *others = found.widget.choices
            found.widget.choices = [(unknown, gettext("As default")), *others]
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_kept = isinstance(obj, TagRule) and obj.is_default
        return not is_kept and super().has_delete_permission(request, obj)

    @action(_("Wanted"), CHANGE_RULES)
    def want(self, request: HttpRequest, queryset: QuerySet[TagRule]) -> None:
        self._set(request, queryset, wanted=True)

    @action(_("Not wanted: no scene gets them"), CHANGE_RULES)
    def do_not_want(self, request: HttpRequest, queryset: QuerySet[TagRule]) -> None:
        self._set(request, queryset, wanted=False)

    @action(_("No markers"), CHANGE_RULES)
    def no_markers(self, request: HttpRequest, queryset: QuerySet[TagRule]) -> None:
        self._set(request, queryset, markers_enabled=False)

    @action(_("As the default rule in everything"), CHANGE_RULES)
    def as_default(self, request: HttpRequest, queryset: QuerySet[TagRule]) -> None:
        texts = {"required_scene_tag_duration": ""}
        self._set(request, queryset.exclude(key=TagRule.DEFAULT), **dict.fromkeys(EDITABLE) | texts)

    def _set(self, request: HttpRequest, rules: QuerySet[TagRule], **columns: Any) -> None:
        for rule in rules:
            self.log_change(request, rule, [{"changed": {"fields": sorted(columns)}}])
        messages.success(request, _("Changed: {count}.").format(count=rules.update(**columns)))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A file, then what it would change, then that."""
        require(request.user, CHANGE_RULES)
        posted = request.method == "POST"
        form = ImportForm(request.POST if posted else None, request.FILES if posted else None)
        result, text = None, ""
        if posted and form.is_valid():
            try:
                content, replace = form.content(), form.cleaned_data["replace"]
                if "take" in request.POST:
                    imported = take_over(read(content), request.user, replace=replace)  # type: ignore[arg-type]
                    messages.success(request, imported.summary)
                    return redirect(PAGE)
                result, text = planned(read(content), replace=replace), decoded(content)
            except BadFile as error:
                for problem in error.problems:
                    form.add_error(None, problem)
        return self._page(request, "import", gettext("Import rules"), form=form, result=result, text=text)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        require(request.user, VIEW_RULES)
        return csv_response()

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """What the rules as they are would change in scenes; and, if wanted, the plan of it."""
        from scenes.rules.trying import trial  # which takes all of the analysis

        posted = request.method == "POST"
        require(request.user, START if posted else VIEW_RULES)
        form = TryForm(request.POST if posted else request.GET or {"max_scenes": SCENES})
        if posted and form.is_valid():
            job = engine.start("apply_rules", dict(form.cleaned_data), source="admin", user=request.user)
            return redirect(job.get_absolute_url())
        result = trial(most=form.cleaned_data["max_scenes"]) if form.is_valid() else None
        may_start = allowed(request.user, START)
        return self._page(
            request, "try", gettext("What the rules would change"), form=form, result=result, may_start=may_start
        )

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/scenes/tagrule/{name}.html", context)

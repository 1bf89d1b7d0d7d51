"""Rules per tag of the tagger; people edit them. What a rule leaves open is as in the default rule."""

from __future__ import annotations

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scenes.clients.stash.names import folded
from scenes.rules.required import Required, check_required

LONGEST_NAME = 255  # characters
LONGEST_TIME = 86_400  # seconds
CONTROLS = r"[\x00-\x1f\x7f]"
no_controls = RegexValidator(CONTROLS, _("A name has no line breaks and control characters."), inverse_match=True)
KEPT = _("The default rule can't be deleted: every tag without a rule of its own follows it.")


def check_finite(number: float) -> None:
    """A validator: bounds let what is no number pass."""
    if not math.isfinite(number):
        raise ValidationError(_("Give a number."))


SHARE: list[Any] = [check_finite, MinValueValidator(0), MaxValueValidator(1)]
SECONDS: list[Any] = [check_finite, MinValueValidator(0), MaxValueValidator(LONGEST_TIME)]


RESERVED = ("*", "default")  # names of the default rule in tables of other programs


class TagRuleQuerySet(models.QuerySet["TagRule"]):
    def default(self) -> TagRuleQuerySet:
        return self.filter(key=TagRule.DEFAULT)

    def of_tags(self) -> TagRuleQuerySet:
        """All but the default rule."""
        return self.exclude(key=TagRule.DEFAULT)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Raises ProtectedError where the default rule is among them."""
        if kept := set[models.Model](self.default()):
            raise ProtectedError(str(KEPT), kept)
        return super().delete()


class TagRule(models.Model):
    """What is done with a tag that the tagger sees. The columns are called as in the CSVs that people share.

    Null or empty: as in the default rule, which is the row with the tag name ``__default__``.
    """

    DEFAULT = "__default__"

    tag_name = models.CharField(
        _("tag name"),
        max_length=LONGEST_NAME,
        validators=[no_controls],
        help_text=_("As the tagger calls it; case does not matter."),
    )
    key = models.CharField(
        _("key"), max_length=LONGEST_NAME, unique=True, editable=False, help_text=_("tag_name, folded.")
    )
    category = models.CharField(
        _("category"), max_length=LONGEST_NAME, blank=True, validators=[no_controls], help_text=_("For people only.")
    )
    stash_name = models.CharField(
        _("our name"),
        max_length=LONGEST_NAME,
        blank=True,
        validators=[no_controls],
        help_text=_("In Stash, where it gets the tag suffix unless it ends with that. Empty: the tagger's name."),
    )
    wanted = models.BooleanField(
        _("wanted"), null=True, blank=True, help_text=_("No: no scene gets it, not even by name.")
    )
    markers_enabled = models.BooleanField(_("gives markers"), null=True, blank=True)
    scene_tag_enabled = models.BooleanField(_("tags the scene"), null=True, blank=True)
    min_confidence = models.FloatField(
        _("least confidence"),
        null=True,
        blank=True,
        validators=SHARE,
        help_text=_("0 to 1; what is seen with less counts as not seen."),
    )
    required_scene_tag_duration = models.CharField(
        _("seen for at least"),
        max_length=40,
        blank=True,
        validators=[check_required],
        help_text=_("Before the scene gets the tag: seconds (12s), a share of the film (4%), or either (15s or 25%)."),
    )
    min_marker_duration = models.FloatField(
        _("shortest marker"), null=True, blank=True, validators=SECONDS, help_text=_("Seconds.")
    )
    max_gap = models.FloatField(
        _("longest gap"),
        null=True,
        blank=True,
        validators=SECONDS,
        help_text=_("Seconds that join two spans to one marker."),
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = TagRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag rule")
        verbose_name_plural = _("tag rules")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(condition=~Q(key=""), name="rule_has_a_name"),
        ]

    def __str__(self) -> str:
        return gettext("All other tags") if self.is_default else self.tag_name

    def save(self, *args: Any, **options: Any) -> None:
        self.key = self.folded_name
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Raises ProtectedError for the default rule."""
        if self.is_default:
            raise ProtectedError(str(KEPT), {self})
        return super().delete(*args, **options)

    @property
    def is_default(self) -> bool:
        return self.key == self.DEFAULT

    @property
    def folded_name(self) -> str:
        return folded(self.tag_name)

    def clean(self) -> None:
        """As it is to be kept. Raises ValidationError."""
        was_default = self.is_default
        no_controls(self.tag_name)  # said of the field already; PostgreSQL could not even look for it
        self.tidy()
        if was_default and not self.is_default:
            raise ValidationError({"tag_name": _("The default rule keeps its name, __default__.")})
        if TagRule.objects.filter(key=self.key).exclude(pk=self.pk).exists():
            raise ValidationError(
                {
                    "tag_name": _("There is a rule for “{name}” already; case does not matter.").format(
                        name=self.tag_name
                    )
                }
            )

    def tidy(self) -> None:
        """The same in one form. Raises ValidationError for what no rule may hold, without a look at other rules."""
        for name in ("tag_name", "category", "stash_name"):
            setattr(self, name, getattr(self, name).strip())
        if self.required_scene_tag_duration:
            self.required_scene_tag_duration = str(Required.parse(self.required_scene_tag_duration))
        self.key = self.folded_name
        if not self.key:
            raise ValidationError({"tag_name": _("Name the tag.")})
        if self.key in RESERVED:
            raise ValidationError(
                {"tag_name": _("“{name}” means the default rule in tables of rules.").format(name=self.tag_name)}
            )
        if self.is_default and self.stash_name:
            raise ValidationError({"stash_name": _("The default rule is for all tags, so it gives none a name.")})

    @classmethod
    def wrong_in(cls, values: dict[str, Any]) -> list[str]:
        """What is wrong with these values of a rule, a sentence without its end for each; they are tidied."""
        rule = cls(**values)
        try:
            rule.clean_fields(exclude={"key"})
            rule.tidy()
        except ValidationError as error:
            return [f"{name}: {' '.join(texts).rstrip('.')}" for name, texts in error.message_dict.items()]
        values |= {name: getattr(rule, name) for name in values}
        return []

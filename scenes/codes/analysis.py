"""Of analysis."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

TABLE = (
    Code(
        "refused_file",
        "the tagger can't read this file, though it reads others",
        _("try to play it; replace it, or leave it"),
    ),
    Code(
        "refused_all",
        "the tagger handled none of the films of a folder",
        _("mount its disk on the tagger's machine, or map its paths (`tagger:…=…`)"),
    ),
    Code("unclear_answer", "the tagger's answer can't be understood", _("look into its log, and at its version")),
    Code("folders_unknown", "Stash has not told its library folders", _("get Stash to answer")),
)

"""The permissions of looking at the library and of acting on its rows, asked for as those of `jobs.permissions`."""

from jobs.models import Scope
from jobs.permissions import declare

VIEW = declare("scenes.view_scene", Scope.READ)
VIEW_SETTINGS = declare("scenes.view_setting", Scope.READ)
CHANGE_SETTINGS = declare("scenes.change_setting", Scope.ADMIN)
RELEASE = declare("scenes.release_items", Scope.RUN)
REVIEW = declare("scenes.review_change", Scope.RUN)
VIEW_PLANS = declare("scenes.view_plan", Scope.READ)
VIEW_CHANGES = declare("scenes.view_change", Scope.READ)
VIEW_DOWNLOADS = declare("scenes.view_download", Scope.READ)
DELETE_REFUSED_LOGIN = declare("scenes.delete_refusedlogin", Scope.RUN)
ACCEPT_MISSING = declare("scenes.accept_missing", Scope.RUN)
ACCEPT_ANOTHER_LIBRARY = declare("scenes.accept_another_library", Scope.ADMIN)
VIEW_FIRST_RUN = declare("scenes.view_firstrundecision", Scope.READ)
DECIDE_FIRST_RUN = declare("scenes.change_firstrundecision", Scope.ADMIN)
VIEW_DESTINATIONS = declare("scenes.view_destination", Scope.READ)
ADD_DESTINATION = declare("scenes.add_destination", Scope.ADMIN)
CHANGE_DESTINATION = declare("scenes.change_destination", Scope.ADMIN)
DELETE_DESTINATION = declare("scenes.delete_destination", Scope.ADMIN)
VIEW_RULES = declare("scenes.view_tagrule", Scope.READ)
CHANGE_RULES = declare("scenes.change_tagrule", Scope.ADMIN)
VIEW_TAGS = declare("scenes.view_tag", Scope.READ)
VIEW_PERFORMERS = declare("scenes.view_performer", Scope.READ)
VIEW_STUDIOS = declare("scenes.view_studio", Scope.READ)
VIEW_FILES = declare("scenes.view_placedfile", Scope.READ)
VIEW_QUESTIONS = declare("scenes.view_languagemodelquestion", Scope.READ)
